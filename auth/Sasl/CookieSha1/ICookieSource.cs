namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>Where the bus finds the cookie that proves who a client is.</summary>
public interface ICookieSource
{
    /// <summary>Begins to look.</summary>
    /// <param name="user">Who the client says it is: a name, or a number in decimal.</param>
    /// <param name="found">Called once, later, on the caller's thread; with null if there is no cookie that could prove that.</param>
    void Find(string user, Action<CookieOffer?> found);
}

/// <summary>A cookie that a client is asked to know.</summary>
/// <param name="Context">The name of the keyring file.</param>
/// <param name="Cookie">The cookie.</param>
/// <param name="Challenge">Random hex digits of this offer.</param>
/// <param name="UserId">Who knows the cookie is this user.</param>
/// <param name="GroupIds">Whose groups these are, ascending; null: they are not known.</param>
public sealed record CookieOffer(string Context, Cookie Cookie, string Challenge, uint UserId, IReadOnlyList<uint>? GroupIds);
