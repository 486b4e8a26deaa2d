using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Diagnostics;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>How long a message waits for the owner of its name, and how it ends if nobody has come by then.</summary>
/// <remarks>A caller is told; that callers of a name are is logged once per name and episode, and what wants no answer as all that is dropped.</remarks>
internal sealed class HeldExpiry(HeldRelease release, BusLoop loop, BrokerCounters counters, ILogger log)
{
    private const int MaxEpisodes = 256;

    private readonly EpisodeLog<LateName> _episodes = new(
        loop, MaxEpisodes, (name, count) => BufferLog.TimedOutOften(log, count, name.Text ?? "more names than are told apart"));

    /// <summary>Takes apart whoever did not read its errors; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    internal bool IsInEpisode => _episodes.IsActive;

    /// <summary>The time of a message begins that is not durable.</summary>
    internal void Watch(NameBuffer buffer, HeldMessage message)
    {
        TimeSpan time = message.ExpectsReply ? buffer.Declaration.CallTimeout : buffer.Declaration.TimeToLive;
        message.Deadline = loop.Deadlines.After(time, static state => ((TimedMessage)state!).Expire(), new TimedMessage(this, buffer, message));
    }

    private static string Member(in RoutedMessage call) => call.Header.Interface.IsPresent
        ? $"{Encoding.ASCII.GetString(call.Interface)}.{Encoding.ASCII.GetString(call.Member)}"
        : Encoding.ASCII.GetString(call.Member);

    private void Expire(NameBuffer buffer, HeldMessage message)
    {
        counters.BufferExpired++;
        TimeSpan time = buffer.Declaration.CallTimeout;
        if (message.ExpectsReply && _episodes.Begins(new LateName(buffer.Name)) && log.IsEnabled(LogLevel.Warning))
        {
            BufferLog.TimedOut(log, buffer.Name, time.TotalSeconds, Member(message.View), message.Sender.UniqueNameText);
        }

        release.Fail(message, DBusError.BufferTimedOut(buffer.Name, time), DropReason.BufferExpired);
        TakeApartDoomed();
    }

    private readonly record struct LateName(string? Text);

    private sealed class TimedMessage(HeldExpiry owner, NameBuffer buffer, HeldMessage message)
    {
        internal void Expire() => owner.Expire(buffer, message);
    }
}
