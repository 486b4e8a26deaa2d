using System.Text;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Auth.Sasl.XcpToken;

/// <summary>The client's side of XCP_TOKEN.</summary>
/// <param name="name">The domain.</param>
/// <param name="secret">Its secret.</param>
/// <param name="nonce">Random bytes, <see cref="TokenProof.NonceBytes"/>; for this conversation alone.</param>
public sealed class XcpTokenClient(string name, ReadOnlyMemory<byte> secret, ReadOnlyMemory<byte> nonce) : SaslClientMechanism
{
    private byte[] _challenge = [];
    private bool _isBusProved;

    /// <inheritdoc/>
    public override string Name => TokenProof.Mechanism;

    /// <inheritdoc/>
    public override byte[] InitialResponse => StrictUtf8.Instance.GetBytes(name);

    /// <summary>What the bus must say in OK: it is part of the proofs.</summary>
    public override string? ExpectedGuid => _isBusProved ? Encoding.ASCII.GetString(_challenge.AsSpan(0, TokenProof.GuidBytes)) : null;

    /// <inheritdoc/>
    public override bool MayAccept => _isBusProved;

    /// <inheritdoc/>
    public override byte[]? Respond(ReadOnlySpan<byte> challenge)
    {
        if (_challenge.Length == 0)
        {
            if (challenge.Length != TokenTalk.ChallengeBytes)
            {
                return null;
            }

            _challenge = challenge.ToArray();
            return [.. nonce.Span, .. TokenProof.OfClient(Talk, secret.Span)];
        }

        _isBusProved = !_isBusProved && FixedTime.AreEqual(challenge, TokenProof.OfServer(Talk, secret.Span));
        return _isBusProved ? [] : null;
    }

    private TokenTalk Talk => new(InitialResponse, _challenge, nonce.ToArray());
}
