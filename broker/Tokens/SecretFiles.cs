using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;

namespace XcpBroker.Tokens;

/// <summary>Token files of the host: what is said of the owner is true of the file that is read, since both are of one descriptor.</summary>
internal sealed unsafe class SecretFiles : ISecretFiles
{
    private const int MaxLength = 1024;
    private const ushort ModeBits = 0xfff;

    public uint OwnUserId => LibC.GetEffectiveUserId();

    /// <summary>Reads one; may wait for a slow file system. Of one that is too long only that it is no token will be found out.</summary>
    public bool TryRead(string path, [NotNullWhen(true)] out SecretFile? file, [NotNullWhen(false)] out string? error)
    {
        file = null;
        int descriptor = LibC.Open(path, LibC.O_RDONLY | LibC.O_NOCTTY | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
        if (descriptor < 0)
        {
            error = Failure("cannot open the token file");
            return false;
        }

        try
        {
            LibC.FileStatus status;
            error = LibC.GetFileStatus(descriptor, "", LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &status) < 0 ? Failure("cannot look at the token file")
                : (status.Mode & LibC.FileTypeMask) != LibC.RegularFile ? "the token file is no regular file"
                : null;
            if (error is null && Read(descriptor, out error) is { } content)
            {
                file = new SecretFile(content, status.UserId, (UnixFileMode)(status.Mode & ModeBits));
                error = null;
            }

            return file is not null;
        }
        finally
        {
            _ = LibC.Close(descriptor);
        }
    }

    private static byte[]? Read(int descriptor, out string? error)
    {
        error = null;
        byte* bytes = stackalloc byte[MaxLength + 1];
        int length = 0;
        while (length <= MaxLength)
        {
            nint count = LibC.Read(descriptor, bytes + length, (nuint)(MaxLength + 1 - length));
            if (count < 0)
            {
                error = Failure("cannot read the token file");
                return null;
            }

            if (count == 0)
            {
                break;
            }

            length += (int)count;
        }

        return new ReadOnlySpan<byte>(bytes, length).ToArray();
    }

    private static string Failure(string what) => $"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}";
}
