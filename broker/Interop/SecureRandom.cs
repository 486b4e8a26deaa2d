using System.ComponentModel;
using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>Random bytes that nobody can guess (getrandom(2)).</summary>
/// <remarks>Not RandomNumberGenerator: it loads OpenSSL.</remarks>
internal static unsafe class SecureRandom
{
    /// <summary>May wait for the kernel to have gathered enough, once after the host has booted.</summary>
    /// <param name="count">At most 256: for so many the answer is never cut short.</param>
    internal static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        fixed (byte* start = bytes)
        {
            while (LibC.GetRandom(start, (nuint)count, 0) != count)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno != LibC.EINTR)
                {
                    throw new Win32Exception(errno, "getrandom failed");
                }
            }
        }

        return bytes;
    }
}
