using System.Runtime.InteropServices;

namespace XcpBroker.Load.Interop;

/// <summary>Level-triggered readiness of descriptors, each with a number of the caller's.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int Capacity = 512;

    // The kernel packs the event on x86-64 and nowhere else.
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int Stride = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(Capacity, 16);
    private readonly int _descriptor = Sys.Check(Sys.EpollCreate(Sys.CloseOnExec), "epoll_create1");

    internal void Add(int descriptor, int data, int interest) => Change(Sys.Add, descriptor, data, interest);

    internal void Modify(int descriptor, int data, int interest) => Change(Sys.Modify, descriptor, data, interest);

    /// <summary>How many are ready; 0 when none became so in that time.</summary>
    internal int Wait(int milliseconds)
    {
        int count = Sys.EpollWait(_descriptor, _events, Capacity, milliseconds);
        return count >= 0 || Marshal.GetLastPInvokeError() == Sys.Interrupted ? Math.Max(count, 0) : Sys.Check(count, "epoll_wait");
    }

    /// <summary>The number given to <see cref="Add"/> of the index-th ready descriptor.</summary>
    internal int Data(int index) => *(int*)(_events + (index * Stride) + DataOffset);

    internal bool CanSend(int index) => (*(uint*)(_events + (index * Stride)) & Sys.Out) != 0;

    /// <summary>Also true when the other end is gone: receiving tells.</summary>
    internal bool CanReceive(int index) => (*(uint*)(_events + (index * Stride)) & ~(uint)Sys.Out) != 0;

    public void Dispose()
    {
        _ = Sys.Close(_descriptor);
        NativeMemory.Free(_events);
    }

    private void Change(int operation, int descriptor, int data, int interest)
    {
        byte* change = stackalloc byte[16];
        *(int*)change = interest;
        *(long*)(change + DataOffset) = data;
        _ = Sys.Check(Sys.EpollControl(_descriptor, operation, descriptor, change), "epoll_ctl");
    }
}
