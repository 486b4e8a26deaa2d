using System.Buffers;
using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.XcpToken;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Whatever is said to either side of XCP_TOKEN without the secret, neither believes it; and a token file is read or refused.</summary>
internal sealed class XcpTokenTarget : IFuzzTarget
{
    private const string Guid = "0123456789abcdef0123456789abcdef";

    private static readonly Domains Known = new();

    public static string Name => "xcp-token";

    public static string Corpus => "sasl";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        ArrayBufferWriter<byte> said = new();
        SaslTerms terms = new(Guid, new SaslMechanisms(new XcpTokenMechanism(Guid, Known, Known, count => new byte[count])));
        SaslServer server = new(PeerCredentials.Unknown, terms, canPassFds: false);
        SaslOutcome outcome = server.Receive(input, out int consumed, said);
        while (outcome == SaslOutcome.Waiting)
        {
            outcome = server.Resume(said);
            if (outcome == SaslOutcome.NeedMoreData)
            {
                outcome = server.Receive(input[consumed..], out int more, said);
                consumed += more;
            }
        }

        FuzzFailure.Unless(outcome != SaslOutcome.Authenticated, "the bus let somebody in who does not know the secret");

        SaslClient client = new(new XcpTokenClient("nfs-1", Known.Secret.Secret, new byte[TokenProof.NonceBytes]), null);
        client.Begin(said);
        FuzzFailure.Unless(
            client.Receive(input, out consumed, said) != SaslClientOutcome.Authenticated, "the client believes a bus that does not know the secret");
        FuzzFailure.Unless(consumed <= input.Length, "more is taken than there is");
        FuzzFailure.Unless(DomainToken.TryParse(input, out _, out string? error) == (error is null), "a token file is neither read nor refused");
    }

    private sealed class Domains : IDomainSecrets, ITokenFailures
    {
        internal DomainSecret Secret { get; } = new(new DomainIdentity("nfs-1"), Enumerable.Repeat((byte)'k', 32).ToArray());

        public IReadOnlyList<DomainSecret> Find(string domain) => domain == "nfs-1" ? [Secret] : [];

        public void Delay(string? domain, Action reject) => reject();
    }
}
