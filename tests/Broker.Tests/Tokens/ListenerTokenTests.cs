using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Testing;
using XcpBroker.Tokens;

namespace XcpBroker.Broker.Tests.Tokens;

/// <summary>Somebody who guesses a domain's secret keeps nobody out who knows it, and nobody waiting at another listener.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ListenerTokenTests
{
    private const string Guid = "0123456789abcdef0123456789abcdef";
    private const string Domain = "nfs-1";
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("00112233445566778899aabbccddeeff");
    private static readonly byte[] Wrong = Encoding.ASCII.GetBytes("ffffffffffffffffffffffffffffffff");
    private readonly ManualBusLoop _loop = new(new FakeTimeProvider());

    [Test]
    public void A_right_proof_waits_for_no_wrong_one()
    {
        SaslTerms listener = Listener();
        Assert.That(Guess(listener, TokenFailures.Burst + 100), Is.EqualTo(TokenFailures.Burst), "the others wait");

        Assert.That(Prove(listener, Secret), Is.EqualTo(SaslClientOutcome.Authenticated));
    }

    [Test]
    public void Wrong_proofs_at_one_listener_are_not_counted_at_another()
    {
        Assert.That(Guess(Listener(), TokenFailures.Burst + 100), Is.EqualTo(TokenFailures.Burst));
        Assert.That(Guess(Listener(), TokenFailures.Burst), Is.EqualTo(TokenFailures.Burst));
    }

    /// <returns>How many were rejected at once.</returns>
    private int Guess(SaslTerms listener, int times) => Enumerable.Range(0, times).Count(_ => Prove(listener, Wrong) == SaslClientOutcome.Refused);

    /// <summary>One conversation, as far as it comes while no time passes.</summary>
    private SaslClientOutcome Prove(SaslTerms listener, byte[] secret)
    {
        SaslServer server = new(PeerCredentials.Unknown, listener, canPassFds: false);
        SaslClient client = new(new XcpTokenClient(Domain, secret, RandomNumberGenerator.GetBytes(TokenProof.NonceBytes)), null);
        System.Buffers.ArrayBufferWriter<byte> fromClient = new();
        System.Buffers.ArrayBufferWriter<byte> fromServer = new();
        client.Begin(fromClient);
        SaslClientOutcome outcome = SaslClientOutcome.NeedMoreData;
        while (fromClient.WrittenCount > 0 && outcome == SaslClientOutcome.NeedMoreData)
        {
            byte[] said = fromClient.WrittenSpan.ToArray();
            fromClient.Clear();
            if (server.Receive(said, out _, fromServer) == SaslOutcome.Waiting)
            {
                bool isDecided = false;
                server.Await(() => isDecided = true);
                _loop.RunUntilIdle();
                if (!isDecided)
                {
                    return SaslClientOutcome.NeedMoreData;
                }

                _ = server.Resume(fromServer);
            }

            outcome = client.Receive(fromServer.WrittenSpan.ToArray(), out _, fromClient);
            fromServer.Clear();
        }

        return outcome;
    }

    /// <summary>As the bus makes one: with failures of its own.</summary>
    private SaslTerms Listener() =>
        new(Guid, new SaslMechanisms(new XcpTokenMechanism(Guid, new OneDomain(), new TokenFailures(_loop, new ListLogger()), RandomNumberGenerator.GetBytes)));

    private sealed class OneDomain : IDomainSecrets
    {
        public IReadOnlyList<DomainSecret> Find(string domain) => domain == Domain ? [new DomainSecret(new DomainIdentity(Domain), Secret)] : [];
    }
}
