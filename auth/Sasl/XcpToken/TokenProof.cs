using System.Text;

namespace XcpBroker.Auth.Sasl.XcpToken;

/// <summary>The bytes of XCP_TOKEN: what both sides say, and what they prove with. docs/xcp-token.md.</summary>
/// <remarks>
/// A proof says: whoever knows this secret has seen both nonces, in a conversation with the bus of this GUID, as this side of it. So none
/// is good for another conversation, another bus, or the other side.
/// </remarks>
public static class TokenProof
{
    /// <summary>The name of the mechanism.</summary>
    public const string Mechanism = "XCP_TOKEN";

    /// <summary>Bytes of each side's random number, new for each attempt.</summary>
    public const int NonceBytes = 32;

    /// <summary>Bytes of a proof: an HMAC-SHA256.</summary>
    public const int ProofBytes = Sha256.HashBytes;

    /// <summary>Bytes of the bus's GUID: hex digits, as in OK.</summary>
    public const int GuidBytes = 32;

    /// <summary>Bytes of the longest name of a domain.</summary>
    public const int MaxNameBytes = 255;

    private static ReadOnlySpan<byte> ClientLabel => "XCP_TOKEN client"u8;

    private static ReadOnlySpan<byte> ServerLabel => "XCP_TOKEN server"u8;

    internal static byte[] OfClient(in TokenTalk talk, ReadOnlySpan<byte> secret) => Make(ClientLabel, talk, secret);

    internal static byte[] OfServer(in TokenTalk talk, ReadOnlySpan<byte> secret) => Make(ServerLabel, talk, secret);

    private static byte[] Make(ReadOnlySpan<byte> label, in TokenTalk talk, ReadOnlySpan<byte> secret) =>
        Sha256.Authenticate(secret, [.. label, .. talk.Challenge, .. talk.ClientNonce, .. talk.Name]);
}

/// <summary>What was said in one conversation: all that a proof is about.</summary>
/// <param name="Name">The domain that the client claims, in UTF-8.</param>
/// <param name="Challenge">The bus's GUID and nonce.</param>
/// <param name="ClientNonce">The client's nonce.</param>
internal readonly record struct TokenTalk(byte[] Name, byte[] Challenge, byte[] ClientNonce)
{
    /// <summary>Bytes of the challenge.</summary>
    internal const int ChallengeBytes = TokenProof.GuidBytes + TokenProof.NonceBytes;

    internal static byte[] MakeChallenge(string guid, ReadOnlySpan<byte> nonce) => [.. Encoding.ASCII.GetBytes(guid), .. nonce];
}
