using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using XcpBroker.Diagnostics;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Broker.Tests.Diagnostics;

/// <summary>docs/log-events.md: each event that the broker can log, with the number and the level that whoever filters the log goes by.</summary>
public sealed class LogEventTests
{
    private const string Head = "| event | level | text |";

    private static readonly LoggerMessageAttribute[] Messages = [.. typeof(Log).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
        .SelectMany(method => method.GetCustomAttributes<LoggerMessageAttribute>())];

    private static string Page => Path.Combine(Repository.Root, "docs", "log-events.md");

    [Test]
    public void Each_event_is_a_row_of_the_page_and_each_row_an_event()
    {
        string loss = Row(LogQueue.LossEvent, LogLevel.Warning, "{Count} log entries were lost: nothing took them in time");
        string[] expected = [.. Messages.OrderBy(message => message.EventId).Select(message => Row(message.EventId, message.Level, message.Message)).Append(loss)
            .OrderBy(row => int.Parse(row.Split(' ')[1], CultureInfo.InvariantCulture))];
        string[] written = [.. File.ReadLines(Page).SkipWhile(line => line != Head).Skip(2)];

        Assert.That(expected, Has.Length.GreaterThan(90));
        Assert.That(expected.Except(written), Is.Empty, "not in docs/log-events.md");
        Assert.That(written, Is.EqualTo(expected));
    }

    [Test]
    public void No_number_is_two_events()
    {
        int[] numbers = [.. Messages.Select(message => message.EventId).Append(LogQueue.LossEvent)];

        Assert.That(numbers, Is.Unique);
        Assert.That(numbers, Has.All.Positive);
    }

    private static string Row(int id, LogLevel level, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"| {id} | {(level == LogLevel.Information ? "info" : level.ToString().ToLowerInvariant())} | `{text}` |");
}
