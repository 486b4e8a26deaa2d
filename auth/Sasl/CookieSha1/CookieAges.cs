namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>How old a cookie may be. A server offers a young one, so that it is still in the file when the client looks for it.</summary>
/// <remarks>
/// The numbers are those that the specification suggests, since all servers of a user share the file: "Authentication mechanisms",
/// DBUS_COOKIE_SHA1. A client has two minutes to finish.
/// </remarks>
public static class CookieAges
{
    /// <summary>Seconds for which a cookie is offered.</summary>
    public const long Offered = 5 * 60;

    /// <summary>Seconds after which it is deleted.</summary>
    public const long Kept = Offered + (2 * 60);

    /// <summary>Seconds by which the clock of who made it may be ahead.</summary>
    public const long Ahead = 5 * 60;

    /// <summary>Whether it stays in the file.</summary>
    /// <param name="cookie">The cookie.</param>
    /// <param name="now">Seconds since the epoch.</param>
    public static bool IsKept(Cookie cookie, long now) => now - cookie.CreationTime <= Kept && cookie.CreationTime - now <= Ahead;

    /// <summary>Whether a client can be asked to know it.</summary>
    /// <param name="cookie">The cookie.</param>
    /// <param name="now">Seconds since the epoch.</param>
    public static bool IsOffered(Cookie cookie, long now) => now - cookie.CreationTime < Offered && cookie.CreationTime - now <= Ahead;
}
