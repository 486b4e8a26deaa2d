using XcpBroker.Auth.Sasl.CookieSha1;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Keyring files: whatever another program has written, cookies come out that are written and read again as the same.</summary>
internal sealed class KeyringTarget : IFuzzTarget
{
    public static string Name => "keyrings";

    public static string Corpus => "keyrings";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        IReadOnlyList<Cookie> cookies = KeyringFile.Parse(input);
        FuzzFailure.Unless(cookies.Count <= KeyringFile.MaxCookies, "too many cookies");
        FuzzFailure.Unless(KeyringFile.Parse(KeyringFile.Format(cookies)).SequenceEqual(cookies), "what was written is not what was read");
    }
}
