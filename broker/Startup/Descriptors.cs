using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Interop;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Startup;

/// <summary>Inherited descriptors: standard input, output and error, and those named on the command line.</summary>
internal static unsafe class Descriptors
{
    internal const int StandardOutput = 1;
    internal const int StandardError = 2;
    private const string NullDevice = "/dev/null";

    /// <summary>Opens /dev/null on each of 0, 1 and 2 that is closed, so that no socket can come to lie there.</summary>
    /// <remarks>First thing in Main: the runtime closes what it opens before.</remarks>
    internal static void FillStandardStreams()
    {
        for (int descriptor = 0; descriptor <= StandardError; descriptor++)
        {
            if (LibC.DescriptorControl(descriptor, LibC.F_GETFD, 0) < 0)
            {
                _ = LibC.Open(NullDevice, LibC.O_RDWR); // the lowest free descriptor: this one
            }
        }
    }

    /// <summary>Puts /dev/null on 0, 1 and 2, whatever is there, so that who waits for the other end of a pipe waits no longer.</summary>
    internal static void DetachStandardStreams()
    {
        int device = LibC.Open(NullDevice, LibC.O_RDWR | LibC.O_CLOEXEC);
        for (int descriptor = 0; device >= 0 && descriptor <= StandardError; descriptor++)
        {
            _ = LibC.Duplicate(device, descriptor);
        }

        _ = LibC.Close(device);
    }

    /// <summary>Puts /dev/null on 0, whatever is there.</summary>
    internal static void ReplaceInput()
    {
        int device = LibC.Open(NullDevice, LibC.O_RDWR | LibC.O_CLOEXEC);
        _ = LibC.Duplicate(device, 0);
        _ = LibC.Close(device);
    }

    /// <summary>Whether our caller left it open for us: what this process opened itself closes on exec.</summary>
    internal static bool IsInherited(int descriptor)
    {
        int flags = LibC.DescriptorControl(descriptor, LibC.F_GETFD, 0);
        return flags >= 0 && (flags & LibC.FD_CLOEXEC) == 0;
    }

    /// <summary>Sets or clears close-on-exec.</summary>
    internal static void SetInheritable(int descriptor, bool inheritable) =>
        _ = LibC.DescriptorControl(descriptor, LibC.F_SETFD, inheritable ? 0 : LibC.FD_CLOEXEC);

    /// <summary>Makes every descriptor but the standard ones close on exec, whoever left them open.</summary>
    internal static void CloseOnExec()
    {
        if (LibC.CloseRange(StandardError + 1, uint.MaxValue, LibC.CLOSE_RANGE_CLOEXEC) == 0)
        {
            return;
        }

        // Linux before 5.11 cannot set the flag for a range.
        foreach (string entry in Directory.GetFiles("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor)
                && descriptor > StandardError)
            {
                SetInheritable(descriptor, false);
            }
        }
    }

    /// <summary>Lets calls on it return instead of waiting, for whoever else holds it too.</summary>
    internal static void SetNonBlocking(int descriptor)
    {
        int flags = LibC.DescriptorControl(descriptor, LibC.F_GETFL, 0);
        _ = LibC.DescriptorControl(descriptor, LibC.F_SETFL, flags | LibC.O_NONBLOCK);
    }

    /// <summary>Writes the text in one write(2), which is all that some readers wait for; the rest only if the kernel took less.</summary>
    /// <exception cref="StartException">The descriptor cannot be written to.</exception>
    internal static void Write(int descriptor, string text) => Write(descriptor, StrictUtf8.Instance.GetBytes(text));

    /// <summary>Writes all of it, in one write(2) if the kernel takes it.</summary>
    /// <exception cref="StartException">The descriptor cannot be written to.</exception>
    internal static void Write(int descriptor, ReadOnlySpan<byte> octets)
    {
        fixed (byte* first = octets)
        {
            for (nint written = 0; written < octets.Length;)
            {
                nint count = LibC.Write(descriptor, first + written, (nuint)(octets.Length - written));
                int error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error is not (0 or LibC.EINTR))
                {
                    throw new StartException($"cannot write to file descriptor {descriptor}: {Marshal.GetPInvokeErrorMessage(error)}");
                }

                written += Math.Max(count, 0);
            }
        }
    }

    /// <summary>Writes a line to standard error; that it cannot be written is nobody's to know.</summary>
    internal static void WriteError(string line)
    {
        try
        {
            Write(StandardError, $"xcp-broker: {line}\n");
        }
        catch (StartException)
        {
            // There is no other place to say it.
        }
    }

    /// <summary>Closes an inherited descriptor that has served, but never a standard one.</summary>
    internal static void CloseUnlessStandard(int descriptor)
    {
        if (descriptor > StandardError)
        {
            _ = LibC.Close(descriptor);
        }
    }
}
