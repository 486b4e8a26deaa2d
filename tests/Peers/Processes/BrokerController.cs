using XcpBroker.Peers.Interop;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Peers.Processes;

/// <summary>The controller's end of dbus-broker's private connection: hands over the listening socket with a policy, then answers.</summary>
/// <remarks>Source: dbus-broker src/broker/controller-dbus.c and src/bus/policy.c (the policy's type). The broker ends when this end closes.</remarks>
internal sealed class BrokerController : IDisposable
{
    private const string Rule = "btssssuutt";
    private const string Batch = $"bta(btbs)a({Rule})a({Rule})";
    private const string Policy = $"(a(u({Batch}))a(buu({Batch}))a(ss)bs)";
    private static readonly TimeSpan Forever = TimeSpan.FromDays(1);
    private readonly UnixSocket _socket;
    private readonly RawPeer _peer;
    private readonly Thread _server;

    /// <summary>Returns when the broker accepts connections on the listener.</summary>
    internal BrokerController(UnixSocket socket, UnixSocket listener)
    {
        _socket = socket;
        _peer = RawPeer.Over(socket);
        _peer.Authenticate(passDescriptors: true);
        AddListener(listener);
        _server = new Thread(Serve) { IsBackground = true, Name = "dbus-broker controller" };
        _server.Start();
    }

    public void Dispose()
    {
        _socket.ShutdownBoth();
        _server.Join();
        _peer.Dispose();
    }

    private void AddListener(UnixSocket listener)
    {
        HandMarshal body = new();
        body.String("/org/bus1/DBus/Listener/0");
        body.UInt32(0);
        body.Signature(Policy);
        WritePolicy(body);
        uint serial = _peer.NextSerial();
        byte[] call = HandMarshal.Call(serial, null, "/org/bus1/DBus/Broker", "org.bus1.DBus.Broker", "AddListener", "ohv", body, 1);
        _ = _peer.Send(call, listener.Descriptor);
        PeerMessage reply = _peer.ReceiveReply(serial);
        if (reply.Type != 2)
        {
            throw new InvalidOperationException($"AddListener: {reply.ErrorName}");
        }
    }

    /// <summary>One batch for all users that allows connecting, owning, sending and receiving.</summary>
    private static void WritePolicy(HandMarshal body)
    {
        body.Align(8);
        int users = body.BeginArray(8);
        body.Align(8);
        body.UInt32(uint.MaxValue);
        body.Align(8);
        Verdict(body);
        int own = body.BeginArray(8);
        body.Align(8);
        Verdict(body);
        body.Boolean(true);
        body.String("");
        body.EndArray(own, 8);
        TransmitRule(body);
        TransmitRule(body);
        body.EndArray(users, 8);
        body.EndArray(body.BeginArray(8), 8);
        body.EndArray(body.BeginArray(8), 8);
        body.Boolean(false);
        body.String("session");
    }

    private static void TransmitRule(HandMarshal body)
    {
        int rules = body.BeginArray(8);
        body.Align(8);
        Verdict(body);
        for (int filter = 0; filter < 4; filter++)
        {
            body.String("");
        }

        body.UInt32(0);
        body.UInt32(0);
        body.UInt64(0);
        body.UInt64(ulong.MaxValue);
        body.EndArray(rules, 8);
    }

    private static void Verdict(HandMarshal body)
    {
        body.Boolean(true);
        body.UInt64(1);
    }

    /// <summary>ReloadConfig is answered; activations cannot come, since no name was announced.</summary>
    private void Serve()
    {
        while (_peer.TryReceive(Forever) is { } message)
        {
            if (message.Type == 1)
            {
                _ = _peer.Send(HandMarshal.EmptyReturn(_peer.NextSerial(), message.Serial));
            }
        }
    }
}
