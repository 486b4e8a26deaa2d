using XcpBroker.Auth.Domains;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Auth.Sasl.XcpToken;

/// <summary>XCP_TOKEN: the client knows the secret of a domain, and so does the bus; each proves it to the other and none says it.</summary>
/// <remarks>
/// AUTH with the domain's name; DATA with the bus's GUID and nonce; DATA with the client's nonce and proof; DATA with the bus's proof; an
/// empty DATA; OK. A domain that the bus does not know is asked like any other. docs/xcp-token.md has every byte.
/// </remarks>
/// <param name="guid">Of the listener: 32 lower-case hex digits.</param>
/// <param name="secrets">Of the domains.</param>
/// <param name="failures">What wrong proofs are told to.</param>
/// <param name="randomBytes">Makes so many bytes that nobody can guess.</param>
public sealed class XcpTokenMechanism(string guid, IDomainSecrets secrets, ITokenFailures failures, Func<int, byte[]> randomBytes) : SaslMechanism
{
    /// <inheritdoc/>
    public override string Name => TokenProof.Mechanism;

    /// <inheritdoc/>
    public override SaslExchange Begin() => new Exchange(this);

    /// <summary>A token file's, and that of a domain that runs.</summary>
    private const int UsualSecrets = 2;

    private enum Step : byte
    {
        Name,
        Proof,
        Refused,
        Proved,
    }

    private IDomainSecrets Secrets => secrets;

    private ITokenFailures Failures => failures;

    private byte[] RandomBytes(int count) => randomBytes(count);

    private byte[] NewChallenge() => TokenTalk.MakeChallenge(guid, randomBytes(TokenProof.NonceBytes));

    private sealed class Exchange(XcpTokenMechanism mechanism) : SaslExchange
    {
        private Step _step;
        private byte[] _name = [];
        private byte[] _challenge = [];
        private DomainIdentity? _claimed;
        private DomainSecret? _secret;

        public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            return _step switch
            {
                Step.Name => TakeName(response, out challenge),
                Step.Proof => TakeProof(response, out challenge),
                Step.Proved when response.IsEmpty => SaslVerdict.Accepted,
                _ => SaslVerdict.Rejected,
            };
        }

        public override void Await(Action decided) => mechanism.Failures.Delay(_claimed?.Name, decided);

        public override SaslVerdict Conclude(out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            return SaslVerdict.Rejected;
        }

        /// <remarks>Nothing that the kernel knows of the process on this side of a forwarder is true of the peer.</remarks>
        public override PeerCredentials Identify(PeerCredentials peer) => new() { Domain = _secret!.Domain };

        private SaslVerdict TakeName(ReadOnlySpan<byte> name, out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            if (name.Length is 0 or > TokenProof.MaxNameBytes || !StrictUtf8.IsValid(name))
            {
                return SaslVerdict.Rejected;
            }

            _name = name.ToArray();
            _challenge = mechanism.NewChallenge();
            _step = Step.Proof;
            challenge = _challenge;
            return SaslVerdict.Challenge;
        }

        private SaslVerdict TakeProof(ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            IReadOnlyList<DomainSecret> secrets = mechanism.Secrets.Find(StrictUtf8.Instance.GetString(_name));
            _claimed = secrets.Count == 0 ? null : secrets[0].Domain;
            if (response.Length == TokenProof.NonceBytes + TokenProof.ProofBytes)
            {
                TokenTalk talk = new(_name, _challenge, response[..TokenProof.NonceBytes].ToArray());

                // Of an unknown domain as much work is done as of a known one, with secrets that nobody knows.
                for (int i = 0; i < Math.Max(secrets.Count, UsualSecrets); i++)
                {
                    DomainSecret? secret = i < secrets.Count ? secrets[i] : null;
                    ReadOnlyMemory<byte> key = secret?.Secret ?? mechanism.RandomBytes(TokenProof.ProofBytes);
                    bool isProved = FixedTime.AreEqual(response[TokenProof.NonceBytes..], TokenProof.OfClient(talk, key.Span));
                    _secret = isProved ? secret ?? _secret : _secret;
                }

                if (_secret is not null)
                {
                    _step = Step.Proved;
                    challenge = TokenProof.OfServer(talk, _secret.Secret.Span);
                    return SaslVerdict.Challenge;
                }
            }

            _step = Step.Refused;
            return SaslVerdict.Pending;
        }
    }
}
