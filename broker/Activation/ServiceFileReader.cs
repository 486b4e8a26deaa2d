using System.Diagnostics.CodeAnalysis;
using XcpBroker.Config.Services;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Activation;

/// <summary>Reads descriptors from the file system. Any thread; it may wait for the disk, but for nothing else.</summary>
internal sealed class ServiceFileReader : IServiceFiles
{
    internal static readonly ServiceFileReader Instance = new();

    private ServiceFileReader()
    {
    }

    public bool TryRead(string path, [NotNullWhen(true)] out ServiceFileContent? content, [NotNullWhen(false)] out string? error)
    {
        error = RegularFile.Read(path, ServiceFile.MaxLength, static _ => null, out byte[]? bytes, out LibC.FileStatus status)?.Text;
        content = error is null ? new ServiceFileContent(bytes, status.UserId) : null;
        return error is null;
    }

    public string? Distrust(string path) => TransientDirectory.Distrust(path);
}
