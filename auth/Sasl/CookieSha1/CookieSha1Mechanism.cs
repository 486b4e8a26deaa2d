using System.Globalization;
using System.Text;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>DBUS_COOKIE_SHA1: the client can read a file that its user alone can read.</summary>
/// <remarks>
/// The client names its user; the server answers with a keyring's name, a cookie's number and random digits; the client with digits of
/// its own and the SHA-1 of both and the secret. Only the bus's own user can prove itself so: files of others are never opened
/// (CVE-2019-12749). Source: specification, "Authentication mechanisms", DBUS_COOKIE_SHA1.
/// </remarks>
public sealed class CookieSha1Mechanism(ICookieSource source) : SaslMechanism
{
    /// <summary>Bytes of the longest name of a user; useradd(8) stops at 32.</summary>
    private const int MaxNameLength = 256;

    /// <inheritdoc/>
    public override string Name => "DBUS_COOKIE_SHA1";

    /// <inheritdoc/>
    public override SaslExchange Begin() => new Exchange(source);

    /// <summary>What a client that knows the cookie answers after its own digits.</summary>
    /// <param name="serverChallenge">The server's digits.</param>
    /// <param name="clientChallenge">The client's.</param>
    /// <param name="secret">The cookie.</param>
    /// <returns>40 lower-case hex digits.</returns>
    internal static byte[] Proof(string serverChallenge, ReadOnlySpan<byte> clientChallenge, string secret)
    {
        Span<byte> hash = stackalloc byte[Sha1.HashBytes];
        Sha1.Hash([.. Encoding.ASCII.GetBytes(serverChallenge + ":"), .. clientChallenge, .. Encoding.ASCII.GetBytes(":" + secret)], hash);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash));
    }

    private sealed class Exchange(ICookieSource source) : SaslExchange
    {
        private string _user = "";
        private CookieOffer? _offer;

        public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            if (_offer is { } offer)
            {
                (ReadOnlySpan<byte> digits, ReadOnlySpan<byte> proof) = SaslLine.SplitFirstWord(response);
                bool isProved = !digits.IsEmpty && FixedTime.AreEqual(proof, Proof(offer.Challenge, digits, offer.Cookie.Secret));
                return isProved ? SaslVerdict.Accepted : SaslVerdict.Rejected;
            }

            if (response.Length is 0 or > MaxNameLength || !StrictUtf8.IsValid(response))
            {
                return SaslVerdict.Rejected;
            }

            _user = StrictUtf8.Instance.GetString(response);
            return SaslVerdict.Pending;
        }

        public override void Await(Action decided) => source.Find(_user, offer =>
        {
            _offer = offer;
            decided();
        });

        public override SaslVerdict Conclude(out ReadOnlyMemory<byte> challenge)
        {
            challenge = _offer is null
                ? default
                : Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_offer.Context} {_offer.Cookie.Id} {_offer.Challenge}"));
            return _offer is null ? SaslVerdict.Rejected : SaslVerdict.Challenge;
        }

        /// <remarks>What the kernel knows of the process stays; where it knows the user too and it is the same one, all of it.</remarks>
        public override PeerCredentials Identify(PeerCredentials peer) => peer.UserId == _offer!.UserId
            ? peer
            : new PeerCredentials { UserId = _offer.UserId, GroupIds = _offer.GroupIds, ProcessId = peer.ProcessId };
    }
}
