using System.Diagnostics.CodeAnalysis;
using XcpBroker.Config;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>The host's files for one reading of a configuration: it waits for disks, and for nobody who might write to a FIFO.</summary>
/// <param name="root">The file that was asked for, which may be a pipe; null: there is none.</param>
/// <param name="text">What it said: a pipe can be read only once. Null: nobody has read it.</param>
internal sealed unsafe class ConfigurationFiles(string? root, byte[]? text) : IConfigFiles
{
    private readonly HostFiles _files = new();

    public bool TryRead(string path, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out ConfigFileFailure? failure)
    {
        content = path == root ? text : null;
        failure = path == root || IsWaitedForByNobody(path) ? null : new ConfigFileFailure(IsMissing: false, "this is not a regular file");
        return content is not null || (failure is null && _files.TryRead(path, out content, out failure));
    }

    public bool TryList(string path, [NotNullWhen(true)] out IReadOnlyList<string>? names, [NotNullWhen(false)] out ConfigFileFailure? failure) =>
        _files.TryList(path, out names, out failure);

    /// <summary>Also what is not there, or is a directory: who opens it is told so at once.</summary>
    private static bool IsWaitedForByNobody(string path)
    {
        LibC.FileStatus status;
        return LibC.GetFileStatus(LibC.AT_FDCWD, path, 0, LibC.STATX_BASIC_STATS, &status) < 0
            || (status.Mode & LibC.FileTypeMask) is LibC.RegularFile or LibC.DirectoryFile;
    }
}
