using System.ComponentModel;
using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Xenstore;

/// <summary>Ends the wait of a thread in poll(2), from any other one.</summary>
internal sealed unsafe class WakeDescriptor : IDisposable
{
    internal WakeDescriptor()
    {
        Descriptor = LibC.EventFd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
        if (Descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd failed");
        }
    }

    /// <summary>Readable once it has been rung.</summary>
    internal int Descriptor { get; }

    internal void Ring()
    {
        ulong one = 1;
        _ = LibC.Write(Descriptor, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Waits until it is rung, which it forgets.</summary>
    /// <param name="patience">How long; null: for ever.</param>
    internal void Wait(TimeSpan? patience)
    {
        LibC.PollDescriptor rung = new() { Descriptor = Descriptor, Events = LibC.POLLIN };
        _ = LibC.Poll(&rung, 1, Milliseconds(patience));
        Forget();
    }

    /// <summary>As poll(2) wants it.</summary>
    internal static int Milliseconds(TimeSpan? patience) =>
        patience is { } time ? (int)Math.Clamp(Math.Ceiling(time.TotalMilliseconds), 0, int.MaxValue) : -1;

    internal void Forget()
    {
        ulong ignored;
        _ = LibC.Read(Descriptor, (byte*)&ignored, sizeof(ulong));
    }

    public void Dispose() => _ = LibC.Close(Descriptor);
}
