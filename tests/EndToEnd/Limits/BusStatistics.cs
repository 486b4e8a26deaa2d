using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.EndToEnd.Conversations;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Limits;

/// <summary>org.freedesktop.DBus.Debug.Stats as a client sees them.</summary>
internal static class BusStatistics
{
    /// <summary>A number of GetStats.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="key">One that is in the answer once.</param>
    internal static long Number(RawPeer peer, string key)
    {
        PeerMessage reply = peer.Call(RawPeer.Bus("GetStats") with { Interface = "org.freedesktop.DBus.Debug.Stats" });
        string text = ValueText.Read(new WireInput(reply.Body.ToArray(), reply.IsBigEndian), reply.Signature);
        Match number = Regex.Match(text, $"{{\"{Regex.Escape(key)}\" <[ut] ([0-9]+)>}}");
        return long.Parse(number.Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
