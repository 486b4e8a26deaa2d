using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using XcpBroker.Config.Services;
using XcpBroker.Interop;

namespace XcpBroker.Activation;

/// <summary>Reads descriptors from the file system. Any thread; it may wait for the disk, but for nothing else.</summary>
internal sealed unsafe class ServiceFileReader : IServiceFiles
{
    internal static readonly ServiceFileReader Instance = new();

    private ServiceFileReader()
    {
    }

    public bool TryRead(string path, [NotNullWhen(true)] out ServiceFileContent? content, [NotNullWhen(false)] out string? error)
    {
        content = null;

        // O_NONBLOCK: a FIFO or a device of this name must not hold anybody up.
        int file = LibC.Open(path, LibC.O_RDONLY | LibC.O_CLOEXEC | LibC.O_NONBLOCK | LibC.O_NOCTTY);
        if (file < 0)
        {
            error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            return false;
        }

        try
        {
            return TryReadOpened(file, out content, out error);
        }
        finally
        {
            LibC.Close(file);
        }
    }

    private static bool TryReadOpened(int file, out ServiceFileContent? content, [NotNullWhen(false)] out string? error)
    {
        content = null;
        LibC.FileStatus status;
        if (LibC.GetFileStatus(file, "", LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &status) < 0)
        {
            error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            return false;
        }

        if ((status.Mode & LibC.FileTypeMask) != LibC.RegularFile)
        {
            error = "it is not a regular file";
            return false;
        }

        byte[] bytes = new byte[(int)Math.Min(status.Size, ServiceFile.MaxLength) + 1];
        int length = 0;
        fixed (byte* target = bytes)
        {
            while (length < bytes.Length)
            {
                nint read = LibC.Read(file, target + length, (nuint)(bytes.Length - length));
                if (read < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR)
                {
                    error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
                    return false;
                }

                if (read == 0)
                {
                    break;
                }

                length += (int)Math.Max(read, 0);
            }
        }

        // It has grown since its size was asked, or is too long: either way this is not all of it.
        error = length < bytes.Length ? null : $"it is longer than {ServiceFile.MaxLength} bytes, or is being written";
        content = error is null ? new ServiceFileContent(bytes.AsMemory(0, length), status.UserId) : null;
        return error is null;
    }
}
