using System.Diagnostics;
using XcpBroker.Interop;
using XcpBroker.Quotas;

namespace XcpBroker.Transport;

/// <summary>Descriptors that travel with one message; closed with the last reference.</summary>
internal sealed class FdSet(int[] fds)
{
    private int _references = 1;

    internal int Count => fds.Length;

    internal ReadOnlySpan<int> Fds => fds;

    internal FdSet Share()
    {
        Debug.Assert(_references > 0, "fds shared after their last release");
        _references++;
        return this;
    }

    internal void Release()
    {
        Debug.Assert(_references > 0, "fds released twice");
        if (--_references == 0)
        {
            CloseAll(fds);
        }
    }

    internal static void CloseAll(ReadOnlySpan<int> fds)
    {
        foreach (int fd in fds)
        {
            _ = LibC.Close(fd);
        }
    }
}

/// <summary>Descriptors that came with input which is not yet parsed, first come first taken.</summary>
/// <remarks>A message takes as many as its UNIX_FDS says; what is left at a message boundary belonged to nobody and is closed.</remarks>
internal sealed class ReceivedFds
{
    internal static readonly ReceivedFds None = new();

    private readonly List<int> _fds = [];

    internal int Count => _fds.Count;

    /// <summary>The kernel cut the control data: descriptors are missing.</summary>
    internal bool WasTruncated { get; set; }

    internal void Add(ReadOnlySpan<int> fds)
    {
        foreach (int fd in fds)
        {
            _fds.Add(fd);
        }
    }

    internal FdSet Take(int count)
    {
        FdSet taken = new([.. _fds[..count]]);
        _fds.RemoveRange(0, count);
        return taken;
    }

    internal void CloseAll()
    {
        foreach (int fd in _fds)
        {
            _ = LibC.Close(fd);
        }

        _fds.Clear();
    }
}

/// <summary>Descriptors in an outgoing queue, and what they are charged to. Given back once they are sent or let go.</summary>
internal sealed class QueuedFds(FdSet set, QuotaCharge charge) : IDisposable
{
    internal FdSet Set => set;

    public void Dispose()
    {
        set.Release();
        charge.Dispose();
    }
}
