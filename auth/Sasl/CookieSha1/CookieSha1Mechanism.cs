using System.Globalization;
using System.Text;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>DBUS_COOKIE_SHA1: the client can read a file that its user alone can read.</summary>
/// <remarks>
/// The client names its user; the server answers with a keyring's name, a cookie's number and random digits; the client with digits of
/// its own and the SHA-1 of both and the secret. Only the bus's own user can prove itself so: files of others are never opened
/// (CVE-2019-12749). Source: specification, "Authentication mechanisms", DBUS_COOKIE_SHA1.
/// Whoever connects from the address of a domain with a secret is asked for that domain's cookie instead, and whose process it is there
/// does not matter; a wrong answer is told late, as one of XCP_TOKEN is.
/// </remarks>
/// <param name="source">Cookies of the bus's own user.</param>
public sealed class CookieSha1Mechanism(ICookieSource source) : SaslMechanism
{
    private const int ChallengeBytes = 16;

    /// <summary>Bytes of the longest name of a user; useradd(8) stops at 32.</summary>
    private const int MaxNameLength = 256;

    /// <inheritdoc/>
    public override string Name => "DBUS_COOKIE_SHA1";

    /// <summary>Knows the domains; null: there are none.</summary>
    public DomainCookieTerms? Domains { get; init; }

    /// <inheritdoc/>
    public override SaslExchange Begin() => new Exchange(source);

    /// <inheritdoc/>
    public override SaslExchange Begin(PeerAddress address) => Domains?.Cookies.Find(address) is { } secret ? new DomainExchange(Domains, secret) : Begin();

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

    private sealed class DomainExchange(DomainCookieTerms terms, DomainSecret secret) : SaslExchange
    {
        private readonly Cookie _cookie = DomainCookie.Make(secret.Domain.Name, secret.Secret.Span, 0);
        private string? _challenge;

        public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            if (_challenge is { } asked)
            {
                (ReadOnlySpan<byte> digits, ReadOnlySpan<byte> proof) = SaslLine.SplitFirstWord(response);
                bool isProved = !digits.IsEmpty && FixedTime.AreEqual(proof, Proof(asked, digits, _cookie.Secret));
                return isProved ? SaslVerdict.Accepted : SaslVerdict.Pending;
            }

            if (response.Length is 0 or > MaxNameLength || !StrictUtf8.IsValid(response))
            {
                return SaslVerdict.Rejected;
            }

            _challenge = Convert.ToHexStringLower(terms.RandomBytes(ChallengeBytes));
            challenge = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{DomainCookie.Context} {_cookie.Id} {_challenge}"));
            return SaslVerdict.Challenge;
        }

        public override void Await(Action decided) => terms.Failures.Delay(secret.Domain.Name, decided);

        public override SaslVerdict Conclude(out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            return SaslVerdict.Rejected;
        }

        public override PeerCredentials Identify(PeerCredentials peer) => new() { Domain = secret.Domain };
    }
}

/// <summary>What DBUS_COOKIE_SHA1 needs to let domains prove themselves.</summary>
/// <param name="Cookies">Whose cookie a client has to know.</param>
/// <param name="Failures">Slows down who does not.</param>
/// <param name="RandomBytes">So many bytes that nobody can foretell.</param>
public sealed record DomainCookieTerms(IDomainCookies Cookies, ITokenFailures Failures, Func<int, byte[]> RandomBytes);
