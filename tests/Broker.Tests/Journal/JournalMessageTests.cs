using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Journal;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Journal;

/// <summary>Who a sender was is what policy goes by after a restart.</summary>
internal sealed class JournalMessageTests
{
    private static readonly DomainIdentity Domain = new("guest") { Uuid = "6f1c", Type = "hvm", Tags = ["a", "b"], Id = 7 };

    private static readonly PeerCredentials[] Senders =
    [
        PeerCredentials.Unknown,
        new PeerCredentials { UserId = 0, ProcessId = 1, GroupIds = [], SecurityLabel = [] },
        new PeerCredentials { UserId = uint.MaxValue, GroupIds = [0, uint.MaxValue], SecurityLabel = [1, 2] },
        new PeerCredentials { IsAnonymous = true },
        new PeerCredentials { Domain = Domain },
        new PeerCredentials { Domain = new DomainIdentity("guest") },
        new PeerCredentials { Domain = DomainIdentity.Unknown },
    ];

    [TestCaseSource(nameof(Senders))]
    public void It_is_who_it_was(PeerCredentials sender)
    {
        byte[] message = JournalMessage.Read(JournalSamples.Message(1, ""))!.Bytes;
        byte[] payload = JournalMessage.Write(new WireWriter(), 1, 0, 0, isSetAside: false, sender, [":1.1"], message);
        PeerCredentials read = JournalMessage.Read(payload)!.Credentials;

        Assert.That((read.UserId, read.ProcessId, read.IsAnonymous), Is.EqualTo((sender.UserId, sender.ProcessId, sender.IsAnonymous)));
        Assert.That(read.GroupIds, Is.EqualTo(sender.GroupIds));
        Assert.That(read.SecurityLabel, Is.EqualTo(sender.SecurityLabel));
        Assert.That(read.Domain is null, Is.EqualTo(sender.Domain is null));
        Assert.That(
            (read.Domain?.IsKnown, read.Domain?.Name, read.Domain?.Uuid, read.Domain?.Type, read.Domain?.Id),
            Is.EqualTo((sender.Domain?.IsKnown, sender.Domain?.Name, sender.Domain?.Uuid, sender.Domain?.Type, sender.Domain?.Id)));
        Assert.That(read.Domain?.Tags, Is.EqualTo(sender.Domain?.Tags));
    }
}
