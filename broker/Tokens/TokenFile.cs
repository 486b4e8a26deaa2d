using System.ComponentModel;
using System.Runtime.InteropServices;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Tokens;

/// <summary>A file with a domain's secret, which nobody but its owner may read.</summary>
internal static unsafe class TokenFile
{
    private const int MaxLength = 1024;
    private const ushort OthersAccess = 0x3f; // rwx for group and others

    /// <summary>Reads it; may wait for a slow file system.</summary>
    /// <exception cref="StartException">It cannot be read, others can read it, or it says something else; the text says which.</exception>
    internal static DomainToken Read(string path)
    {
        int descriptor = LibC.Open(path, LibC.O_RDONLY | LibC.O_NOCTTY | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
        if (descriptor < 0)
        {
            throw Failure(path, "cannot open the token file");
        }

        try
        {
            return Distrust(descriptor) is { } problem ? throw new StartException($"{path}: the token file {problem}") : Parse(descriptor, path);
        }
        finally
        {
            _ = LibC.Close(descriptor);
        }
    }

    private static DomainToken Parse(int descriptor, string path)
    {
        byte* bytes = stackalloc byte[MaxLength + 1];
        int length = 0;
        while (length <= MaxLength)
        {
            nint count = LibC.Read(descriptor, bytes + length, (nuint)(MaxLength + 1 - length));
            if (count < 0)
            {
                throw Failure(path, "cannot read the token file");
            }

            if (count == 0)
            {
                break;
            }

            length += (int)count;
        }

        return DomainToken.TryParse(new ReadOnlySpan<byte>(bytes, length), out DomainToken? token, out string? error)
            ? token
            : throw new StartException($"{path}: this is no token: {error}");
    }

    private static string? Distrust(int descriptor)
    {
        LibC.FileStatus status;
        if (LibC.GetFileStatus(descriptor, "", LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &status) < 0)
        {
            return new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        }

        uint own = LibC.GetEffectiveUserId();
        return (status.Mode & LibC.FileTypeMask) != LibC.RegularFile ? "is no regular file"
            : status.UserId != 0 && status.UserId != own ? $"belongs to uid {status.UserId}, neither to root nor to uid {own}"
            : (status.Mode & OthersAccess) != 0 ? "can be used by others than its owner (chmod 600)"
            : null;
    }

    private static StartException Failure(string path, string what) => new($"{path}: {what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
}
