using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Diagnostics;
using XcpBroker.Loop;
using XcpBroker.Metrics;

namespace XcpBroker.Routing;

/// <summary>Counts the messages that go nowhere without a word to their sender, and logs each kind of them once per user and episode.</summary>
internal sealed class DropLog(BrokerCounters counters, BusLoop loop, ILogger log)
{
    private const int MaxEpisodes = 256;

    private readonly EpisodeLog<DropKey> _episodes = new(loop, MaxEpisodes, (key, count) => Log.Dropped(log, count, key.Reason, key.UserId));

    internal bool IsInEpisode => _episodes.IsActive;

    internal void Drop(in RoutedMessage message, DropReason reason)
    {
        counters.CountDropped(reason);
        if (_episodes.Begins(new DropKey(reason, message.Sender!.Credentials.UserId)) && log.IsEnabled(LogLevel.Information))
        {
            Log.Dropping(log, message.Sender, reason, Describe(message));
        }
    }

    private static string Describe(in RoutedMessage message)
    {
        string member = message.Header.Member.IsPresent ? $"{Text(message.Interface)}.{Text(message.Member)}" : $"to serial {message.Header.ReplySerial}";
        return message.Header.Destination.IsPresent ? $"{message.Type} {member} to {Text(message.Destination)}" : $"{message.Type} {member}";
    }

    private static string Text(ReadOnlySpan<byte> ascii) => Encoding.ASCII.GetString(ascii);

    private readonly record struct DropKey(DropReason Reason, uint? UserId);
}
