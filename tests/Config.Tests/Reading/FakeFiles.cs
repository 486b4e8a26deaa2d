using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace XcpBroker.Config.Tests.Reading;

/// <summary>Files in memory by path.</summary>
internal sealed class FakeFiles : IConfigFiles, ISecretFiles
{
    private readonly Dictionary<string, byte[]> _files = [];

    /// <summary>Paths that are there and cannot be read.</summary>
    internal HashSet<string> Locked { get; } = [];

    internal string this[string path]
    {
        set => _files[path] = Encoding.Latin1.GetBytes(value);
    }

    public bool TryRead(string path, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out ConfigFileFailure? failure)
    {
        content = null;
        failure = Locked.Contains(path) ? new ConfigFileFailure(false, "there is no permission to read the file")
            : _files.TryGetValue(path, out content) ? null
            : new ConfigFileFailure(true, "there is no such file");
        return failure is null;
    }

    /// <summary>Owner and mode of files with secrets; without them 600 of root.</summary>
    internal Dictionary<string, (uint Owner, UnixFileMode Mode)> Modes { get; } = [];

    public uint OwnUserId { get; set; } = 7;

    public bool TryRead(string path, [NotNullWhen(true)] out SecretFile? file, [NotNullWhen(false)] out string? error)
    {
        (uint owner, UnixFileMode mode) = Modes.GetValueOrDefault(path, (0u, UnixFileMode.UserRead | UnixFileMode.UserWrite));
        file = TryRead(path, out byte[]? content, out ConfigFileFailure? failure) ? new SecretFile(content, owner, mode) : null;
        error = failure?.Message;
        return file is not null;
    }

    public bool TryList(string path, [NotNullWhen(true)] out IReadOnlyList<string>? names, [NotNullWhen(false)] out ConfigFileFailure? failure)
    {
        names = [.. _files.Keys.Where(file => Path.GetDirectoryName(file) == path.TrimEnd('/')).Select(file => Path.GetFileName(file)).Reverse()];
        failure = Locked.Contains(path) ? new ConfigFileFailure(false, "there is no permission to read the directory")
            : names.Count == 0 ? new ConfigFileFailure(true, "there is no such directory")
            : null;
        return failure is null;
    }
}
