using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Auth.Policy;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Routing;

/// <summary>What somebody was kept from.</summary>
internal enum DeniedAct : byte
{
    Send,
    Receive,
    Own,
    Connect,

    /// <summary>Not kept from: the rule wants what it allows in the log (<c>log="true"</c>).</summary>
    LoggedSend,
}

/// <summary>Says in the log which rule decided, with its file and line: once per rule, user and episode, then with a count.</summary>
/// <remarks>Who is denied is told only that, not why: a policy is nobody's business but its administrator's.</remarks>
internal sealed class DenialLog
{
    private const int MaxEpisodes = 256;

    private readonly EpisodeLog<Episode> _episodes;
    private readonly BrokerCounters _counters;
    private readonly ILogger _log;

    internal DenialLog(BrokerCounters counters, BusLoop loop, ILogger log)
    {
        _counters = counters;
        _log = log;
        _episodes = new EpisodeLog<Episode>(loop, MaxEpisodes, (episode, count) => Log.DeniedOften(_log, count, episode.Act, episode.UserId, Source(episode.Rule)));
    }

    internal bool IsInEpisode => _episodes.IsActive;

    internal void Denied(in RoutedMessage message, Connection? receiver, PolicyVerdict verdict, DeniedAct act)
    {
        _counters.MessagesDenied++;
        Note(message, receiver, verdict, act);
    }

    /// <summary>A message that passes, by a rule with <c>log="true"</c>.</summary>
    internal void Allowed(in RoutedMessage message, Connection? receiver, PolicyVerdict verdict) =>
        Note(message, receiver, verdict, DeniedAct.LoggedSend);

    internal void OwnDenied(Connection connection, string name, PolicyVerdict verdict)
    {
        if (_episodes.Begins(new Episode(DeniedAct.Own, connection.Credentials.UserId, verdict.Rule)))
        {
            Log.OwnDenied(_log, connection, name, Rule(verdict.Rule));
        }
    }

    internal void OwnReserved(Connection connection, string name, string domain)
    {
        if (_episodes.Begins(new Episode(DeniedAct.Own, connection.Credentials.UserId, null)))
        {
            Log.OwnReserved(_log, connection, name, domain);
        }
    }

    internal void ConnectDenied(Connection connection, PolicyVerdict verdict)
    {
        if (_episodes.Begins(new Episode(DeniedAct.Connect, connection.Credentials.UserId, verdict.Rule)))
        {
            Log.ConnectDenied(_log, connection, Rule(verdict.Rule));
        }
    }

    /// <summary>Type, interface, member or error name, path and destination, as far as the message has them; of a long path its beginning.</summary>
    internal static string Describe(in RoutedMessage message)
    {
        StringBuilder text = new();
        text.Append(message.Type switch
        {
            MessageType.MethodCall => "method call",
            MessageType.MethodReturn => "method return",
            MessageType.Error => "error",
            _ => "signal",
        });
        Append(text, " ", message.Interface);
        Append(text, message.Header.Interface.IsPresent ? "." : " ", message.Member);
        Append(text, " ", message.Header.ErrorName.In(message.Bytes));
        ReadOnlySpan<byte> path = message.Path;
        bool isLong = path.Length > ProtocolLimits.MaxNameLength;
        Append(text, " of ", isLong ? path[..ProtocolLimits.MaxNameLength] : path);
        _ = isLong ? text.Append("...") : text;
        Append(text, " to ", message.Destination);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string before, ReadOnlySpan<byte> ascii)
    {
        if (!ascii.IsEmpty)
        {
            text.Append(before).Append(Encoding.ASCII.GetString(ascii));
        }
    }

    private static string Source(PolicyRule? rule) => rule is null ? "no rule allows it" : rule.Source.ToString();

    private static string Rule(PolicyRule? rule) => rule is null ? "no rule allows it" : $"{rule} ({rule.Source})";

    private void Note(in RoutedMessage message, Connection? receiver, PolicyVerdict verdict, DeniedAct act)
    {
        uint? user = (act == DeniedAct.Receive ? receiver : message.Sender)?.Credentials.UserId;
        if (!_episodes.Begins(new Episode(act, user, verdict.Rule)))
        {
            return;
        }

        string sender = message.Sender?.ToString() ?? "the bus";
        string other = receiver?.ToString() ?? "the bus or nobody";
        if (act == DeniedAct.LoggedSend)
        {
            Log.SendLogged(_log, sender, Describe(message), other, Rule(verdict.Rule));
        }
        else
        {
            Log.MessageDenied(_log, Describe(message), sender, other, act, Rule(verdict.Rule));
        }
    }

    private readonly record struct Episode(DeniedAct Act, uint? UserId, PolicyRule? Rule)
    {
        public bool Equals(Episode other) => Act == other.Act && UserId == other.UserId && ReferenceEquals(Rule, other.Rule);

        public override int GetHashCode() => HashCode.Combine(Act, UserId, Rule?.Source);
    }
}
