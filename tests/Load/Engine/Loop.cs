using System.Runtime.InteropServices;
using XcpBroker.Load.Interop;

namespace XcpBroker.Load.Engine;

/// <summary>One thread, one epoll, one buffer for whatever arrives.</summary>
internal sealed unsafe class Loop : IDisposable
{
    private const int ScratchBytes = 256 * 1024;
    private readonly byte* _scratch = (byte*)NativeMemory.AlignedAlloc(ScratchBytes, 4096);
    private readonly Epoll _epoll = new();
    private readonly List<Channel> _channels = [];

    internal void Add(Channel channel)
    {
        channel.Slot = _channels.Count;
        _channels.Add(channel);
        _epoll.Add(channel.Peer.Descriptor, channel.Slot, Sys.In);
    }

    /// <summary>Waits for readiness and serves each ready channel once.</summary>
    /// <returns>False when nothing happened in that time.</returns>
    internal bool Turn(int milliseconds)
    {
        int count = _epoll.Wait(milliseconds);
        for (int i = 0; i < count; i++)
        {
            Channel channel = _channels[_epoll.Data(i)];
            if (_epoll.CanSend(i))
            {
                channel.Pump();
                if (!channel.IsBlocked)
                {
                    _epoll.Modify(channel.Peer.Descriptor, channel.Slot, Sys.In);
                }
            }

            if (_epoll.CanReceive(i))
            {
                channel.Receive(_scratch, ScratchBytes);
            }
        }

        return count > 0;
    }

    /// <summary>Sends what a channel has credit for; when the kernel is full, the loop goes on with it later.</summary>
    internal void Send(Channel channel)
    {
        if (channel.IsBlocked)
        {
            return;
        }

        channel.Pump();
        if (channel.IsBlocked)
        {
            _epoll.Modify(channel.Peer.Descriptor, channel.Slot, Sys.In | Sys.Out);
        }
    }

    public void Dispose()
    {
        foreach (Channel channel in _channels)
        {
            channel.Dispose();
        }

        _epoll.Dispose();
        NativeMemory.AlignedFree(_scratch);
    }
}
