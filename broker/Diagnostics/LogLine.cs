using System.Globalization;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace XcpBroker.Diagnostics;

/// <summary>One line of a log: no line ends in it, whatever a peer put into the message.</summary>
/// <param name="Priority">syslog(3)'s: 2 critical, 3 error, 4 warning, 6 information, 7 debug.</param>
/// <param name="Text">At most <see cref="MaxLength"/> characters.</param>
internal readonly record struct LogLine(int Priority, string Text)
{
    internal const int MaxLength = 4096;

    private static readonly MessageTemplateTextFormatter Message = new("{Message:l}", CultureInfo.InvariantCulture);

    /// <summary>The message, and a line for each line of an exception.</summary>
    internal static IEnumerable<LogLine> Of(LogEvent entry)
    {
        int priority = PriorityOf(entry.Level);
        using StringWriter message = new(CultureInfo.InvariantCulture);
        Message.Format(entry, message);
        yield return new LogLine(priority, OneLine(message.ToString()));
        foreach (string line in entry.Exception?.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            yield return new LogLine(priority, OneLine(line));
        }
    }

    internal static string PriorityName(int priority) => priority switch
    {
        <= 2 => "critical",
        3 => "error",
        4 => "warning",
        <= 6 => "info",
        _ => "debug",
    };

    private static int PriorityOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => 2,
        LogEventLevel.Error => 3,
        LogEventLevel.Warning => 4,
        LogEventLevel.Information => 6,
        _ => 7,
    };

    private static string OneLine(string text) =>
        string.Create(Math.Min(text.Length, MaxLength), text, (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
}
