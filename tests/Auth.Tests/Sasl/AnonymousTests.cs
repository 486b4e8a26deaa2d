using XcpBroker.Auth.Sasl;

namespace XcpBroker.Auth.Tests.Sasl;

internal sealed class AnonymousTests
{
    private static readonly SaslTerms Terms = new(SaslTalk.Guid, new SaslMechanisms(new ExternalMechanism(), new AnonymousMechanism()));

    [TestCase("AUTH ANONYMOUS", "DATA\r\n")]
    [TestCase("AUTH ANONYMOUS\r\nDATA", "DATA\r\nOK {guid}\r\n")]
    [TestCase("AUTH ANONYMOUS 6c696264627573", "OK {guid}\r\n")]
    [TestCase("AUTH ANONYMOUS c3a4", "OK {guid}\r\n")]
    [TestCase("AUTH ANONYMOUS ff", "REJECTED EXTERNAL ANONYMOUS\r\n")]
    public void A_trace_is_UTF_8_and_means_nothing(string said, string heard)
    {
        SaslTalk talk = new(new SaslServer(PeerCredentials.Unknown, Terms, canPassFds: false));
        talk.Say("\0" + said);

        Assert.That(talk.Heard, Is.EqualTo(heard));
    }

    [Test]
    public void Who_wants_to_be_nobody_is_nobody_even_where_the_kernel_knows_better()
    {
        PeerCredentials root = new() { UserId = 0, GroupIds = [0], ProcessId = 9, SecurityLabel = [1] };
        SaslServer server = new(root, Terms, canPassFds: true);
        SaslTalk talk = new(server);
        talk.Say("\0AUTH ANONYMOUS 61\r\nBEGIN");

        Assert.That(talk.Outcome, Is.EqualTo(SaslOutcome.Authenticated));
        Assert.That(server.Identity, Is.EqualTo(new PeerCredentials { IsAnonymous = true, ProcessId = 9 }));
    }

    [Test]
    public void Who_authenticates_by_EXTERNAL_is_who_the_kernel_says()
    {
        PeerCredentials root = new() { UserId = 0, GroupIds = [0], ProcessId = 9 };
        SaslServer server = new(root, Terms, canPassFds: true);
        SaslTalk talk = new(server);
        talk.Say("\0AUTH EXTERNAL 30\r\nBEGIN");

        Assert.That(server.Identity, Is.SameAs(root));
    }

    /// <remarks>dbus-daemon 1.14.10 answers an empty DATA with OK.</remarks>
    [TestCase("AUTH EXTERNAL\r\nDATA", "DATA\r\nREJECTED EXTERNAL ANONYMOUS\r\n")]
    [TestCase("AUTH EXTERNAL 30", "REJECTED EXTERNAL ANONYMOUS\r\n")]
    public void EXTERNAL_rejects_whom_the_kernel_does_not_know(string said, string heard)
    {
        SaslTalk talk = new(new SaslServer(PeerCredentials.Unknown, Terms, canPassFds: false));
        talk.Say("\0" + said);

        Assert.That(talk.Heard, Is.EqualTo(heard));
    }
}
