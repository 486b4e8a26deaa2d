using System.Globalization;
using System.Text;
using XcpBroker.Load.Engine;
using XcpBroker.Load.Interop;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Workloads;

/// <summary>Connections that authenticate, say Hello, wait for its reply and for NameAcquired, and are closed.</summary>
internal sealed unsafe class ConnectRate(Target target, LoadOptions options) : Workload
{
    private readonly Epoll _epoll = new();
    private readonly byte[] _address = SocketAddress(target.Address);
    private readonly byte[][] _steps = Conversation(options.Stepwise);
    private readonly Newcomer[] _newcomers = new Newcomer[options.Pairs];
    private int _open;

    internal override bool IsDrained => _open == 0;

    internal override void Prepare()
    {
        for (int i = 0; i < _newcomers.Length; i++)
        {
            _newcomers[i] = new Newcomer();
        }
    }

    internal override void Start()
    {
        for (int i = 0; i < _newcomers.Length; i++)
        {
            Connect(i);
        }
    }

    internal override bool Turn()
    {
        int count = _epoll.Wait(StallMilliseconds);
        for (int i = 0; i < count; i++)
        {
            Serve(_epoll.Data(i));
        }

        return count > 0;
    }

    public override void Dispose()
    {
        foreach (Newcomer newcomer in _newcomers)
        {
            if (newcomer is { Descriptor: >= 0 })
            {
                _ = Sys.Close(newcomer.Descriptor);
            }
        }

        _epoll.Dispose();
    }

    private void Connect(int index)
    {
        Newcomer newcomer = _newcomers[index];
        newcomer.Begin(Sys.Check(Sys.Socket(1, 1 | Sys.CloseOnExec, 0), "socket"));
        fixed (byte* address = _address)
        {
            _ = Sys.Check(Sys.Connect(newcomer.Descriptor, address, (uint)_address.Length), "connect");
        }

        _open++;
        _epoll.Add(newcomer.Descriptor, index, Sys.In);
        newcomer.Send(_steps[0]);
    }

    private void Serve(int index)
    {
        Newcomer newcomer = _newcomers[index];
        newcomer.Receive();
        while (!newcomer.IsWelcome(_steps.Length) && newcomer.Lines >= newcomer.Sent && newcomer.Sent < _steps.Length)
        {
            newcomer.Send(_steps[newcomer.Sent]);
        }

        if (!newcomer.IsWelcome(_steps.Length))
        {
            return;
        }

        _ = Sys.Close(newcomer.Descriptor);
        newcomer.Descriptor = -1;
        _open--;
        Delivered++;
        if (options.Pairs == 1)
        {
            Latencies.Add(TimeProvider.System.GetTimestamp() - newcomer.Started);
        }

        if (!IsStopping)
        {
            Connect(index);
        }
    }

    /// <summary>Stepwise: a send for each line that is answered, then BEGIN and Hello. Otherwise all of it in one send.</summary>
    private static byte[][] Conversation(bool stepwise)
    {
        string user = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(RawPeer.UserId.ToString(CultureInfo.InvariantCulture)));
        byte[] auth = Encoding.ASCII.GetBytes($"\0AUTH EXTERNAL {user}\r\n");
        byte[] negotiate = "NEGOTIATE_UNIX_FD\r\n"u8.ToArray();
        byte[] rest = [.. "BEGIN\r\n"u8, .. Template.Hello().Bytes];
        return stepwise ? [auth, negotiate, rest] : [[.. auth, .. negotiate, .. rest]];
    }

    private static byte[] SocketAddress(string address)
    {
        string path = BusAddress.UnixPath(address);
        return [1, 0, .. Encoding.Latin1.GetBytes(path), .. path.StartsWith('\0') ? [] : new byte[1]];
    }
}
