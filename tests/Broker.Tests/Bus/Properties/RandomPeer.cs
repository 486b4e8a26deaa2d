using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Properties;

/// <summary>A peer of <see cref="RandomOperationsTests"/>, with what it must and must not hear.</summary>
internal sealed class RandomPeer(FakePeer peer, bool reads)
{
    private readonly Dictionary<string, uint> _lastOfSender = [];
    private readonly HashSet<uint> _waiting = [];

    internal FakePeer Peer => peer;

    /// <summary>Whether it ever takes what comes.</summary>
    internal bool Reads => reads;

    internal bool IsMonitor { get; set; }

    /// <summary>The rest of a message of which a part was sent.</summary>
    internal byte[] Rest { get; set; } = [];

    internal List<PeerMessage> ToAnswer { get; } = [];

    /// <summary>Its calls that have no answer yet.</summary>
    internal IReadOnlySet<uint> Waiting => _waiting;

    internal void Send(MessageFields fields, params object[] arguments)
    {
        uint serial = peer.NextSerial();
        if (fields.Type == MessageType.MethodCall && (fields.Flags & MessageFlags.NoReplyExpected) == 0)
        {
            _waiting.Add(serial);
        }

        peer.Write(Rest);
        Rest = [];
        peer.Write(peer.Build(fields, serial, arguments));
    }

    /// <summary>Takes what has come; false once the bus has closed.</summary>
    internal bool Read()
    {
        foreach (PeerMessage message in peer.ReceiveAll())
        {
            Check(message);
        }

        return !peer.IsClosed;
    }

    private void Check(PeerMessage message)
    {
        if (message.Member == "Do")
        {
            uint number = message.Number();
            Assert.That(number, Is.GreaterThan(_lastOfSender.GetValueOrDefault(message.Sender!)), $"{message} out of order at {peer.UniqueName}");
            _lastOfSender[message.Sender!] = number;
        }

        if (IsMonitor)
        {
            return;
        }

        if (message.Destination is { } destination && destination[0] == ':')
        {
            Assert.That(destination, Is.EqualTo(peer.UniqueName), "a message for another");
        }

        if (message.Type is 2 or 3)
        {
            Assert.That(_waiting.Remove(message.ReplySerial), Is.True, $"{message} answers nothing at {peer.UniqueName}");
        }
        else if (message.Type == 1)
        {
            ToAnswer.Add(message);
        }
    }
}
