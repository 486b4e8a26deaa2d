using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Spawning.Helper;

/// <summary>Files that only root can have written: what is read from them may be done as root.</summary>
internal static unsafe class TrustedFile
{
    private const int WritableByOthers = 0x12; // group and others

    /// <summary>Reads a file.</summary>
    /// <param name="directory">Where it is; root's, and writable for root only.</param>
    /// <param name="name">Its name there; the file likewise, though a link may lead to it.</param>
    /// <param name="limit">The most bytes that it may have.</param>
    /// <param name="content">All of it; null if there is none, or it is not trusted.</param>
    /// <returns>Why it is not trusted; null if it is, or does not exist.</returns>
    internal static string? Read(string directory, string name, int limit, out byte[]? content)
    {
        content = null;
        LibC.FileStatus status;
        if (LibC.GetFileStatus(LibC.AT_FDCWD, directory, 0, LibC.STATX_BASIC_STATS, &status) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == LibC.ENOENT ? null : $"{directory}: {Marshal.GetPInvokeErrorMessage(error)}";
        }

        if ((status.Mode & LibC.FileTypeMask) != LibC.DirectoryFile || !IsRoots(status))
        {
            return $"{directory} is not root's alone to write";
        }

        string path = Path.Combine(directory, name);
        FileProblem? problem = RegularFile.Read(path, limit, static status => IsRoots(status) ? null : "it is not root's alone to write", out content, out _);
        return problem is null or { IsMissing: true } ? null : $"{path}: {problem.Text}";
    }

    private static bool IsRoots(LibC.FileStatus status) => status.UserId == 0 && (status.Mode & WritableByOthers) == 0;
}
