using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>Reads regular files, whoever wrote them: it waits for the disk alone, never for a FIFO, and reads no more than it is told.</summary>
internal static unsafe class RegularFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">Links are followed.</param>
    /// <param name="limit">The most bytes that it may have.</param>
    /// <param name="check">Why a file with such a status is not read, without the path; null: it is.</param>
    /// <param name="content">All of it; null: it cannot be read.</param>
    /// <param name="status">Whose it is, for example.</param>
    /// <returns>Why it cannot be read.</returns>
    internal static FileProblem? Read(string path, int limit, Func<LibC.FileStatus, string?> check, out byte[]? content, out LibC.FileStatus status)
    {
        content = null;
        status = default;
        int file = LibC.Open(path, LibC.O_RDONLY | LibC.O_CLOEXEC | LibC.O_NONBLOCK | LibC.O_NOCTTY);
        if (file < 0)
        {
            return FileProblem.OfCall();
        }

        try
        {
            return ReadOpened(file, limit, check, out content, out status);
        }
        finally
        {
            _ = LibC.Close(file);
        }
    }

    private static FileProblem? ReadOpened(int file, int limit, Func<LibC.FileStatus, string?> check, out byte[]? content, out LibC.FileStatus status)
    {
        content = null;
        fixed (LibC.FileStatus* target = &status)
        {
            if (LibC.GetFileStatus(file, "", LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, target) < 0)
            {
                return FileProblem.OfCall();
            }
        }

        if ((status.Mode & LibC.FileTypeMask) != LibC.RegularFile)
        {
            return new FileProblem("it is not a regular file");
        }

        if (check(status) is { } problem)
        {
            return new FileProblem(problem);
        }

        byte[] bytes = new byte[(int)Math.Min(status.Size, (ulong)limit) + 1];
        int length = 0;
        fixed (byte* target = bytes)
        {
            while (length < bytes.Length)
            {
                nint read = LibC.Read(file, target + length, (nuint)(bytes.Length - length));
                if (read < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR)
                {
                    return FileProblem.OfCall();
                }

                if (read == 0)
                {
                    content = bytes[..length];
                    return null;
                }

                length += (int)Math.Max(read, 0);
            }
        }

        // It has grown since its size was asked, or is too long: either way this is not all of it.
        return new FileProblem($"it is longer than {limit} bytes, or is being written");
    }
}

/// <summary>Why a file cannot be read.</summary>
/// <param name="Text">One clause, without the path.</param>
/// <param name="Error">The error number of a call; 0: none has failed.</param>
internal sealed record FileProblem(string Text, int Error = 0)
{
    internal bool IsMissing => Error == LibC.ENOENT;

    internal static FileProblem OfCall()
    {
        int error = Marshal.GetLastPInvokeError();
        return new FileProblem(Marshal.GetPInvokeErrorMessage(error), error);
    }
}
