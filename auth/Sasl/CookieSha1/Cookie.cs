namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>A secret of a keyring file.</summary>
/// <param name="Id">Its number in the file: 0 to 2^31-1.</param>
/// <param name="CreationTime">Seconds since the epoch.</param>
/// <param name="Secret">Hex digits, as they are hashed: their case counts.</param>
/// <remarks>Source: specification, "Authentication mechanisms", DBUS_COOKIE_SHA1.</remarks>
public readonly record struct Cookie(uint Id, long CreationTime, string Secret);
