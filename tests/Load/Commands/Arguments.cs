using System.Globalization;

namespace XcpBroker.Load.Commands;

/// <summary>Options of the form --name value, and --name alone for those that are on or off.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="ArgumentException">An option that the command does not have, or one without its value.</exception>
    internal Arguments(ReadOnlySpan<string> arguments, IReadOnlyCollection<string> valued, IReadOnlyCollection<string> switches)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (switches.Contains(name))
            {
                _values[name] = "yes";
            }
            else if (valued.Contains(name) && i + 1 < arguments.Length)
            {
                _values[name] = arguments[++i];
            }
            else
            {
                throw new ArgumentException($"{name}: no such option, or its value is missing");
            }
        }
    }

    internal bool Has(string name) => _values.ContainsKey(name);

    internal string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    internal string Text(string name) => _values.GetValueOrDefault(name) ?? throw new ArgumentException($"{name} is needed");

    internal string[] List(string name, string otherwise) => Text(name, otherwise).Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A number, with k or m behind it for 1024 and 1024 * 1024.</summary>
    internal int Number(string name, int otherwise)
    {
        if (!_values.TryGetValue(name, out string? text))
        {
            return otherwise;
        }

        int unit = text.EndsWith('k') ? 1024 : text.EndsWith('m') ? 1024 * 1024 : 1;
        return int.TryParse(text.TrimEnd('k', 'm'), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? checked(number * unit)
            : throw new ArgumentException($"{name}: '{text}' is no number");
    }

    internal TimeSpan Seconds(string name, double otherwise) =>
        TimeSpan.FromSeconds(_values.TryGetValue(name, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise);
}
