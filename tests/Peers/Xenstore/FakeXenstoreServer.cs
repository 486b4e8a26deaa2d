using System.Net.Sockets;

namespace XcpBroker.Peers.Xenstore;

/// <summary>A <see cref="FakeXenstore"/> behind a socket file: of dom0, as /run/xenstored/socket; or of a domain, as its /dev/xen/xenbus.</summary>
public sealed class FakeXenstoreServer : IDisposable
{
    private readonly FakeXenstore _store;
    private readonly string _path;
    private readonly uint _domid;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _clients = [];
    private readonly Lock _lock = new();
    private bool _isOver;

    /// <param name="store">What is in it.</param>
    /// <param name="path">The socket file.</param>
    /// <param name="domid">Who connects there.</param>
    public FakeXenstoreServer(FakeXenstore store, string path, uint domid)
    {
        _store = store;
        _path = path;
        _domid = domid;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true, Name = "xenstored" }.Start();
    }

    /// <summary>The daemon ends, and all connections with it; what is in the store stays.</summary>
    public void Dispose()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        _listener.Dispose();
        File.Delete(_path);
        lock (_lock)
        {
            foreach (Socket client in _clients)
            {
                client.Dispose();
            }
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                lock (_lock)
                {
                    _clients.Add(client);
                }

                new Thread(() => Serve(client)) { IsBackground = true, Name = "xenstored client" }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The daemon has ended.
        }
    }

    private void Serve(Socket client)
    {
        using FakeXenstoreConnection connection = _store.Connect(_domid, packet => Send(client, packet));
        byte[] buffer = new byte[8192];
        try
        {
            for (int count = client.Receive(buffer); count > 0; count = client.Receive(buffer))
            {
                connection.Send(buffer.AsSpan(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone, or the daemon.
        }
    }

    // Within the store's lock: one packet at a time.
    private static void Send(Socket client, byte[] packet)
    {
        try
        {
            _ = client.Send(packet);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone.
        }
    }
}
