using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Configuration from the file system, <c>/proc/self/fd/N</c> included.</summary>
public sealed class HostFiles : IConfigFiles
{
    /// <summary>Bytes of the largest file that is read: 16 MiB. The largest policies in the field have some 100 KiB.</summary>
    public const int MaxFileSize = 16 << 20;

    /// <inheritdoc/>
    public bool TryRead(string path, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out ConfigFileFailure? failure)
    {
        content = null;
        failure = null;
        try
        {
            // In pieces until the end: a pipe has no length.
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            using MemoryStream read = new();
            Span<byte> piece = stackalloc byte[4096];
            for (int length = file.Read(piece); length > 0 && failure is null; length = file.Read(piece))
            {
                read.Write(piece[..length]);
                failure = read.Length > MaxFileSize ? new ConfigFileFailure(IsMissing: false, $"the file is larger than {MaxFileSize} bytes") : null;
            }

            content = failure is null ? read.ToArray() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            failure = Failure(path, e, "file");
        }

        return failure is null;
    }

    /// <inheritdoc/>
    public bool TryList(string path, [NotNullWhen(true)] out IReadOnlyList<string>? names, [NotNullWhen(false)] out ConfigFileFailure? failure)
    {
        names = null;
        failure = null;
        try
        {
            names = [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            failure = Failure(path, e, "directory");
        }

        return failure is null;
    }

    // The exceptions' own texts are not in the binary.
    private static ConfigFileFailure Failure(string path, Exception exception, string kind) => exception switch
    {
        DirectoryNotFoundException when FileInTheWay(path) is { } file => new ConfigFileFailure(IsMissing: false, file == path ? "this is not a directory" : $"{file} is not a directory"),
        FileNotFoundException or DirectoryNotFoundException => new ConfigFileFailure(IsMissing: true, $"there is no such {kind}"),
        _ when kind == "file" && Directory.Exists(path) => new ConfigFileFailure(IsMissing: false, "this is a directory"),
        UnauthorizedAccessException => new ConfigFileFailure(IsMissing: false, $"there is no permission to read the {kind}"),
        _ => new ConfigFileFailure(IsMissing: false, $"the {kind} cannot be read"),
    };

    /// <summary>What is no directory, though it stands where one would have to be: the runtime says of it only that the path is not there.</summary>
    private static string? FileInTheWay(string path)
    {
        for (string? part = path; !string.IsNullOrEmpty(part); part = Path.GetDirectoryName(part))
        {
            if (File.Exists(part.TrimEnd('/')))
            {
                return part;
            }
        }

        return null;
    }
}
