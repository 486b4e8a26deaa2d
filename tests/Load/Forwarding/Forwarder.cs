using System.Runtime.InteropServices;
using XcpBroker.Load.Interop;

namespace XcpBroker.Load.Forwarding;

/// <summary>Does only what no broker can do without: waits, receives and sends. The n-th connection talks with the one before or after it.</summary>
internal sealed unsafe class Forwarder : IDisposable
{
    private const int ScratchBytes = 256 * 1024;
    private readonly byte* _scratch = (byte*)NativeMemory.AlignedAlloc(ScratchBytes, 4096);
    private readonly Epoll _epoll = new();
    private readonly List<int> _connections = [];
    private readonly Dictionary<int, byte[]> _unsent = [];
    private readonly int _listener;

    internal Forwarder(int listener)
    {
        _listener = listener;
        _epoll.Add(listener, -1, Sys.In);
    }

    /// <summary>Serves until the process is ended from outside.</summary>
    internal void Run()
    {
        while (true)
        {
            int count = _epoll.Wait(-1);
            for (int i = 0; i < count; i++)
            {
                int index = _epoll.Data(i);
                if (index < 0)
                {
                    Accept();
                }
                else if (_epoll.CanSend(i))
                {
                    Resume(index);
                }
                else
                {
                    Forward(index);
                }
            }
        }
    }

    public void Dispose()
    {
        _epoll.Dispose();
        NativeMemory.AlignedFree(_scratch);
    }

    private void Accept()
    {
        int connection = Sys.Accept(_listener, null, null, Sys.CloseOnExec);
        if (connection >= 0)
        {
            _epoll.Add(connection, _connections.Count, Sys.In);
            _connections.Add(connection);
        }
    }

    private void Forward(int index)
    {
        nint count = Sys.Receive(_connections[index], _scratch, ScratchBytes, Sys.DoNotWait);
        if (count <= 0)
        {
            _epoll.Remove(_connections[index]);
            _ = Sys.Close(_connections[index]);
            return;
        }

        int partner = index ^ 1;
        nint sent = Math.Max(0, Sys.Send(_connections[partner], _scratch, (nuint)count, Sys.DoNotWait | Sys.NoSignal));
        if (sent < count)
        {
            _unsent[partner] = new ReadOnlySpan<byte>(_scratch + sent, (int)(count - sent)).ToArray();
            _epoll.Modify(_connections[index], index, 0);
            _epoll.Modify(_connections[partner], partner, Sys.In | Sys.Out);
        }
    }

    private void Resume(int index)
    {
        byte[] rest = _unsent[index];
        nint sent;
        fixed (byte* start = rest)
        {
            sent = Math.Max(0, Sys.Send(_connections[index], start, (nuint)rest.Length, Sys.DoNotWait | Sys.NoSignal));
        }

        if (sent < rest.Length)
        {
            _unsent[index] = rest[(int)sent..];
            return;
        }

        _ = _unsent.Remove(index);
        _epoll.Modify(_connections[index], index, Sys.In);
        _epoll.Modify(_connections[index ^ 1], index ^ 1, Sys.In);
    }
}
