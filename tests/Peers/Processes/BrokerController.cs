using XcpBroker.Peers.Interop;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Peers.Processes;

/// <summary>The controller's end of dbus-broker's private connection: hands over the listening socket with a policy, then answers.</summary>
/// <remarks>Source: dbus-broker src/broker/controller-dbus.c and src/bus/policy.c (the policy's type). The broker ends when this end closes.</remarks>
internal sealed class BrokerController : IDisposable
{
    private const string Rule = "btssssuutt";
    private const string Batch = $"bta(btbs)a({Rule})a({Rule})";
    private const string Policy = $"(a(u({Batch}))a(buu({Batch}))a(ss)bs)";
    private static readonly TimeSpan Forever = TimeSpan.FromDays(1);
    private readonly StreamSocket _socket;
    private readonly RawPeer _peer;
    private readonly Thread _server;

    /// <summary>Returns when the broker accepts connections on the listener.</summary>
    internal BrokerController(StreamSocket socket, StreamSocket listener)
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

    private void AddListener(StreamSocket listener)
    {
        MessageFields call = new()
        {
            Type = MessageType.MethodCall,
            Path = "/org/bus1/DBus/Broker",
            Interface = "org.bus1.DBus.Broker",
            Member = "AddListener",
            Signature = "ohv",
            UnixFds = 1,
        };
        uint serial = _peer.NextSerial();
        _peer.Send(call, serial, WriteListener, listener.Descriptor);
        PeerMessage reply = _peer.ReceiveReply(serial);
        if (reply.Type != 2)
        {
            throw new InvalidOperationException($"AddListener: {reply.ErrorName}");
        }
    }

    private static void WriteListener(WireWriter body)
    {
        body.WriteObjectPath("/org/bus1/DBus/Listener/0");
        body.WriteUInt32(0);
        body.WriteVariantSignature(Policy);
        WritePolicy(body);
    }

    /// <summary>One batch for all users that allows connecting, owning, sending and receiving.</summary>
    private static void WritePolicy(WireWriter body)
    {
        body.BeginStruct();
        int users = body.BeginArray(8);
        body.BeginStruct();
        body.WriteUInt32(uint.MaxValue);
        body.BeginStruct();
        Verdict(body);
        int own = body.BeginArray(8);
        body.BeginStruct();
        Verdict(body);
        body.WriteBoolean(true);
        body.WriteString("");
        body.EndArray(own);
        TransmitRule(body);
        TransmitRule(body);
        body.EndArray(users);
        body.EndArray(body.BeginArray(8));
        body.EndArray(body.BeginArray(8));
        body.WriteBoolean(false);
        body.WriteString("session");
    }

    private static void TransmitRule(WireWriter body)
    {
        int rules = body.BeginArray(8);
        body.BeginStruct();
        Verdict(body);
        for (int filter = 0; filter < 4; filter++)
        {
            body.WriteString("");
        }

        body.WriteUInt32(0);
        body.WriteUInt32(0);
        body.WriteUInt64(0);
        body.WriteUInt64(ulong.MaxValue);
        body.EndArray(rules);
    }

    private static void Verdict(WireWriter body)
    {
        body.WriteBoolean(true);
        body.WriteUInt64(1);
    }

    /// <summary>ReloadConfig is answered; activations cannot come, since no name was announced.</summary>
    private void Serve()
    {
        while (_peer.TryReceive(Forever) is { } message)
        {
            if (message.Type == 1)
            {
                _peer.Send(new MessageFields { Type = MessageType.MethodReturn, ReplySerial = message.Serial }, _peer.NextSerial());
            }
        }
    }
}
