using System.Globalization;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace XcpBroker.Diagnostics;

/// <summary>One line of a log: no line ends in it, whatever a peer put into the message.</summary>
/// <param name="Priority">syslog(3)'s: 2 critical, 3 error, 4 warning, 6 information, 7 debug.</param>
/// <param name="Text">At most <see cref="MaxLength"/> characters.</param>
/// <param name="Event">Which event it tells of: a row of docs/log-events.md; null in what is not ours, the host's lines.</param>
/// <param name="Fields">The values in the text.</param>
internal readonly record struct LogLine(int Priority, string Text, int? Event = null, IReadOnlyList<LogField>? Fields = null)
{
    internal const int MaxLength = 4096;

    /// <summary>What is ours by the category, that is, the type or the part that logs.</summary>
    private const string OwnCategories = "XcpBroker";

    private static readonly MessageTemplateTextFormatter Message = new("{Message:l}", CultureInfo.InvariantCulture);

    /// <summary>The text behind its event in brackets.</summary>
    internal string MarkedText => Event is { } id ? string.Create(CultureInfo.InvariantCulture, $"[{id}] {Text}") : Text;

    /// <summary>The message, and a line for each line of an exception.</summary>
    internal static IEnumerable<LogLine> Of(LogEvent entry)
    {
        int priority = PriorityOf(entry.Level);
        using StringWriter message = new(CultureInfo.InvariantCulture);
        Message.Format(entry, message);
        int? id = EventOf(entry);
        yield return new LogLine(priority, OneLine(message.ToString()), id, id is null ? null : [.. FieldsOf(entry)]);
        foreach (string line in entry.Exception?.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            yield return new LogLine(priority, OneLine(line), id);
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

    /// <remarks>Serilog's adapter keeps the id of <c>LoggerMessage</c> as <c>EventId.Id</c>. Others number their events too, from 1 on.</remarks>
    private static int? EventOf(LogEvent entry) =>
        Value(entry, "SourceContext") is ScalarValue { Value: string category } && category.StartsWith(OwnCategories, StringComparison.Ordinal)
        && Value(entry, "EventId") is StructureValue id && id.Properties.FirstOrDefault(property => property.Name == "Id")?.Value is ScalarValue { Value: int number }
            ? number
            : null;

    private static LogEventPropertyValue? Value(LogEvent entry, string name) => entry.Properties.GetValueOrDefault(name);

    private static IEnumerable<LogField> FieldsOf(LogEvent entry) => entry.Properties
        .Where(property => property.Key is not ("SourceContext" or "EventId"))
        .Select(property => new LogField(property.Key, OneLine(Written(property.Value))));

    private static string Written(LogEventPropertyValue value) =>
        (value is ScalarValue scalar ? Convert.ToString(scalar.Value, CultureInfo.InvariantCulture) : value.ToString()) ?? "";

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
