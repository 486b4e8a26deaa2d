using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Xenstore;

/// <summary>Payloads: texts, most of them with a NUL behind each.</summary>
internal static class XenstoreText
{
    /// <summary>Texts with a NUL behind each.</summary>
    internal static byte[] Join(params ReadOnlySpan<string> texts)
    {
        List<byte> payload = [];
        foreach (string text in texts)
        {
            payload.AddRange(StrictUtf8.Instance.GetBytes(text));
            payload.Add(0);
        }

        return [.. payload];
    }

    /// <summary>The texts of a list; one without a NUL behind it, at the end, counts too. Those that are not UTF-8 are left out.</summary>
    internal static IReadOnlyList<string> Split(ReadOnlySpan<byte> payload)
    {
        List<string> texts = [];
        while (!payload.IsEmpty)
        {
            int end = payload.IndexOf((byte)0);
            ReadOnlySpan<byte> text = end < 0 ? payload : payload[..end];
            if (StrictUtf8.IsValid(text))
            {
                texts.Add(StrictUtf8.Instance.GetString(text));
            }

            payload = end < 0 ? default : payload[(end + 1)..];
        }

        return texts;
    }

    /// <summary>A value as text; null: it is none, having NULs or bytes that are not UTF-8.</summary>
    internal static string? Value(ReadOnlySpan<byte> payload) =>
        StrictUtf8.IsValid(payload) ? StrictUtf8.Instance.GetString(payload) : null;
}
