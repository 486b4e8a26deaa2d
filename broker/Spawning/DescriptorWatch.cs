using XcpBroker.Interop;
using XcpBroker.Loop;

namespace XcpBroker.Spawning;

/// <summary>An owned descriptor on a loop: an action each time there is something to read, its end included.</summary>
internal sealed class DescriptorWatch : IEpollHandler, IDisposable
{
    private readonly EpollBusLoop _loop;
    private readonly Action _readable;
    private readonly long _key;
    private bool _isClosed;

    private DescriptorWatch(EpollBusLoop loop, int descriptor, Action readable)
    {
        _loop = loop;
        _readable = readable;
        Descriptor = descriptor;
        _key = loop.Register(descriptor, this, LibC.EPOLLIN);
    }

    internal int Descriptor { get; }

    /// <summary>Null when the kernel refuses to watch: the descriptor is closed then, and errno set.</summary>
    internal static DescriptorWatch? Create(EpollBusLoop loop, int descriptor, Action readable)
    {
        DescriptorWatch watch = new(loop, descriptor, readable);
        if (watch._key >= 0)
        {
            return watch;
        }

        _ = LibC.Close(descriptor);
        return null;
    }

    public void OnEvents(uint events) => _readable();

    /// <summary>Forgets it, and leaves it open for whoever else has it.</summary>
    internal void Leave()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _loop.Unregister(Descriptor, _key);
        }
    }

    /// <summary>Forgets and closes it.</summary>
    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _loop.Unregister(Descriptor, _key);
            _ = LibC.Close(Descriptor);
        }
    }
}
