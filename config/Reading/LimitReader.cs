using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads <c>&lt;limit&gt;</c>, and applies limits to those that the bus begins with.</summary>
internal static class LimitReader
{
    // dbus-daemon's limits on containers, which its own builds do not have.
    private static readonly string[] WithoutEffect =
        ["max_containers", "max_containers_per_user", "max_connections_per_container", "max_container_metadata_bytes"];

    /// <summary>Those that dbus-daemon keeps in a long.</summary>
    private static readonly string[] Long =
    [
        "max_incoming_bytes", "max_incoming_unix_fds", "max_outgoing_bytes", "max_outgoing_unix_fds", "max_message_size", "max_message_unix_fds",
        "max_total_bytes",
    ];

    /// <summary>Adds it to the draft.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal static XmlProblem? Read(XmlElement element, string file, ConfigDraft draft)
    {
        if (!ElementAttributes.TryTake(element, ["name"], out ElementAttributes? attributes, out XmlProblem? problem))
        {
            return problem;
        }

        if (attributes["name"] is not { } name)
        {
            return new XmlProblem(element.Position, "<limit> has no name; expected <limit name=\"...\">");
        }

        if (LimitTable.Find(name) is null && !WithoutEffect.Contains(name))
        {
            string known = string.Join(", ", LimitTable.All.Select(limit => limit.Name).Concat(WithoutEffect));
            return attributes.Wrong("name", $"there is no limit \"{name}\"; expected one of {known}");
        }

        if (ElementShape.CheckText(element) is { } shape)
        {
            return shape;
        }

        if (!TryParse(name, element.Text.Trim(), out string? value, out string? error))
        {
            return new XmlProblem(element.Position, error);
        }

        if (LimitTable.Find(name) is not null)
        {
            draft.Limits.Add(new LimitSetting(name, value, file, element.Position));
        }

        return null;
    }

    /// <summary>Sets limits on top of others; <see cref="Read"/> has checked them.</summary>
    internal static LimitOptions Apply(LimitOptions limits, IEnumerable<LimitSetting> settings)
    {
        foreach (LimitSetting setting in settings)
        {
            limits = LimitTable.TrySet(limits, setting.Name, setting.Value, out LimitOptions? changed, out string? error)
                ? changed
                : throw new InvalidOperationException(error);
        }

        return limits;
    }

    /// <summary>A number that dbus-daemon takes for a limit, cut to the largest that we have: both are larger than anything there is.</summary>
    private static bool TryParse(string name, string text, [NotNullWhen(true)] out string? value, [NotNullWhen(false)] out string? error)
    {
        value = null;
        bool isLong = Long.Contains(name);
        long maximum = isLong ? long.MaxValue : int.MaxValue;
        if (text.StartsWith('-') && text.Length > 1 && text[1..].All(char.IsAsciiDigit))
        {
            error = $"limit {name} is {text}; expected a number that is not negative";
            return false;
        }

        // dbus-daemon takes 010 for eight, as C does. Nobody who writes it means that.
        if (text.Length == 0 || !text.All(char.IsAsciiDigit) || (text.Length > 1 && text[0] == '0'))
        {
            error = $"limit {name} is \"{text}\"; expected a decimal number";
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number > maximum)
        {
            error = $"limit {name} is {text}, which is too large; expected at most {maximum}";
            return false;
        }

        value = Math.Min(number, LimitTable.Find(name)?.Maximum ?? maximum).ToString(CultureInfo.InvariantCulture);
        error = null;
        return true;
    }
}
