using CsCheck;
using XcpBroker.Activation;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Spawning.Helper;
using XcpBroker.Testing;
using XcpBroker.Xenstore;

namespace XcpBroker.Broker.Tests.Spawning;

public sealed class HelperAnswerTests
{
    private static readonly HelperAnswer[] Each =
    [
        HelperAnswer.Made(1, 4711),
        HelperAnswer.Ended(2, new ServiceExit(3, 0)),
        HelperAnswer.Ended(uint.MaxValue, new ServiceExit(0, 9)),
        HelperAnswer.OfDomains(HelperAnswerKind.DomainBooted, 5, "nfs-1", "0123abcd-89ab-cdef-0123-456789abcdef", new string('a', 64)),
        HelperAnswer.OfDomains(HelperAnswerKind.DomainEnded, 5, "nfs-1"),
        HelperAnswer.OfDomains(HelperAnswerKind.DomainNotTold, 5, "nfs-1", "EAGAIN"),
        HelperAnswer.OfDomains(HelperAnswerKind.XenstoreLost, 0, "/run/xenstored/socket: No such file or directory"),
        HelperAnswer.OfDomains(HelperAnswerKind.XenstoreFound, 0),
        HelperAnswer.StartFailed(4, new DBusError(ErrorNames.SpawnExecFailed, "cannot execute /a: b")),
    ];

    [TestCaseSource(nameof(Each))]
    public void What_is_written_is_read_back(object answer)
    {
        Assert.That(HelperAnswer.TryParse(((HelperAnswer)answer).ToPacket(), out HelperAnswer read), Is.True);
        Assert.That(read, Is.EqualTo(answer));
    }

    [Test]
    public void A_long_text_is_cut_between_characters([Range(500, 520)] int length)
    {
        HelperAnswer answer = HelperAnswer.StartFailed(1, new DBusError(ErrorNames.SpawnFailed, new string('x', length) + new string('ä', 500)));

        Assert.That(answer.ToPacket(), Has.Length.LessThanOrEqualTo(HelperAnswer.MaxSize));
        Assert.That(HelperAnswer.TryParse(answer.ToPacket(), out HelperAnswer read), Is.True);
        Assert.That(read.Error.Message, Does.Not.Contain('\ufffd').And.StartWith(new string('x', 500)));
    }

    [Test]
    public void What_becomes_of_domains_passes_through_packets_as_it_is()
    {
        DomainEventLog heard = new();
        HelperDomainEvents events = new(answer =>
        {
            Assert.That(HelperAnswer.TryParse(answer.ToPacket(), out HelperAnswer read), Is.True);
            Assert.That(HelperDomainEvents.TryTell(read, heard), Is.True);
        });
        events.Lost("none");
        events.Found();
        events.Booted(new DomainBoot("nfs-1", 5, "uuid", "secret"));
        events.NotTold("nfs-1", 5, "EAGAIN");
        events.Ended("nfs-1", 5);

        Assert.That(heard.Lines, Is.EqualTo("lost: none | found | booted nfs-1, domid 5, uuid | not told nfs-1 5 EAGAIN | ended nfs-1 5"));
        Assert.That(heard.Boots.Single().Secret, Is.EqualTo("secret"));
        Assert.That(HelperDomainEvents.TryTell(HelperAnswer.Made(1, 2), heard), Is.False);
    }

    [TestCase(4, "nfs-1")]
    [TestCase(4, "nfs-1\0uuid")]
    [TestCase(4, "nfs-1\0uuid\0secret\0more")]
    [TestCase(5, "nfs-1\0")]
    [TestCase(7, "x")]
    [TestCase(8, "nfs-1")]
    [TestCase(9, "nfs-1")]
    public void What_is_no_answer_about_domains_is_refused(byte kind, string text) =>
        Assert.That(HelperAnswer.TryParse([kind, 5, 0, 0, 0, .. StrictUtf8.Instance.GetBytes(text)], out _), Is.False);

    [Test]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 40].Sample(packet =>
        !HelperAnswer.TryParse(packet, out HelperAnswer answer) || answer.ToPacket().AsSpan().SequenceEqual(packet));
}
