using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl;

namespace XcpBroker.Auth.Tests.Sasl;

/// <summary>Whoever a listener proves to be in a domain is some process of it, and nobody else.</summary>
internal sealed class DomainPeerTests
{
    private static readonly PeerCredentials InDomain = new() { Domain = new DomainIdentity("nfs-1") };

    // What a client of that domain claims: nothing, its own uid, root, no number at all.
    [TestCase("")]
    [TestCase(" 31303030")]
    [TestCase(" 30")]
    [TestCase(" 726f6f74")]
    public void EXTERNAL_is_accepted_and_its_number_ignored(string claim)
    {
        SaslServer server = new(InDomain, new SaslTerms(SaslTalk.Guid, SaslMechanisms.ExternalOnly), canPassFds: false);
        SaslTalk talk = new(server);
        talk.Say("\0AUTH EXTERNAL" + claim + (claim.Length == 0 ? "\r\nDATA" : "") + "\r\nBEGIN");

        Assert.That(talk.Heard, Does.EndWith("OK {guid}\r\n"));
        Assert.That(talk.Outcome, Is.EqualTo(SaslOutcome.Authenticated));
        Assert.That(server.Identity, Is.SameAs(InDomain));
    }

    [Test]
    public void Another_mechanism_makes_it_nobody_else()
    {
        SaslServer server = new(InDomain, new SaslTerms(SaslTalk.Guid, new SaslMechanisms(new Impostor())), canPassFds: false);
        new SaslTalk(server).Say("\0AUTH IMPOSTOR 00\r\nBEGIN");

        Assert.That(server.Identity, Is.SameAs(InDomain));
    }

    private sealed class Impostor : SaslMechanism
    {
        public override string Name => "IMPOSTOR";

        public override SaslExchange Begin() => new Exchange();

        private sealed class Exchange : SaslExchange
        {
            public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
            {
                challenge = default;
                return SaslVerdict.Accepted;
            }

            public override PeerCredentials Identify(PeerCredentials peer) => new() { UserId = 0 };
        }
    }
}
