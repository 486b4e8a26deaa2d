using System.CommandLine;
using System.CommandLine.Parsing;

namespace XcpBroker.Startup;

/// <summary>What stands on a command line: options with their values, and words that are none.</summary>
/// <remarks>
/// System.CommandLine divides the words and prints the help; what a value means, and every error, is ours: one line that quotes the
/// wrong word. So to it each option takes any number of strings.
/// </remarks>
internal static class CommandLineWords
{
    internal static Option<string[]> Value(string name, string valueName, string description, bool needsValue = true) => new(name)
    {
        Description = description,
        HelpName = valueName,
        Arity = needsValue ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore,
    };

    internal static Option<bool> Switch(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>The library takes the next word for the value of <c>--option=</c>, whatever that is.</summary>
    /// <param name="arguments">The words.</param>
    /// <param name="optional">Options that need no value.</param>
    /// <exception cref="StartException">An option has a sign for its value and no value.</exception>
    internal static void RefuseEmptyValues(IEnumerable<string> arguments, params IReadOnlyCollection<Option> optional)
    {
        foreach (string word in arguments.Where(word => word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) == word.Length - 1))
        {
            if (!optional.Any(option => option.Name == word[..^1]))
            {
                throw new StartException($"option {word[..^1]} needs a value");
            }
        }
    }

    /// <exception cref="StartException">There is a word that nobody expects.</exception>
    internal static void RefuseUnknown(ParseResult result)
    {
        if (result.Tokens.FirstOrDefault(token => token.Type == TokenType.Directive)?.Value is { } directive)
        {
            throw new StartException($"unexpected argument '{directive}'");
        }

        if (result.UnmatchedTokens is [string unknown, ..])
        {
            throw new StartException(unknown.StartsWith('-') ? $"unknown option '{unknown}'" : $"unexpected argument '{unknown}'");
        }
    }

    /// <summary>Whether the first option is given, after every other one.</summary>
    internal static bool IsLast(ParseResult result, Option option, params ReadOnlySpan<Option> others)
    {
        int position = Position(result, option);
        bool last = position >= 0;
        foreach (Option other in others)
        {
            last &= Position(result, other) < position;
        }

        return last;
    }

    // A switch that is not given has a result too, for its default.
    internal static OptionResult? Given(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false } given ? given : null;

    /// <exception cref="StartException">It is given without a value and needs one.</exception>
    internal static IReadOnlyList<string> Values(ParseResult result, Option option)
    {
        if (Given(result, option) is not { } given)
        {
            return [];
        }

        return given.Tokens.Count == given.IdentifierTokenCount || option.Arity.MinimumNumberOfValues == 0
            ? [.. given.Tokens.Select(token => token.Value)]
            : throw new StartException($"option {option.Name} needs a value");
    }

    /// <summary>Null when the option is not given; empty when it has no value.</summary>
    /// <exception cref="StartException">It is given more than once, or without a value that it needs.</exception>
    internal static string? Single(ParseResult result, Option option)
    {
        IReadOnlyList<string> values = Values(result, option);
        return Given(result, option) switch
        {
            null => null,
            { IdentifierTokenCount: > 1 } => throw new StartException($"option {option.Name} is given more than once"),
            _ => values.Count == 0 ? "" : values[0],
        };
    }

    private static int Position(ParseResult result, Option option)
    {
        for (int i = result.Tokens.Count - 1; i >= 0; i--)
        {
            if (result.Tokens[i].Type == TokenType.Option && result.Tokens[i].Value == option.Name)
            {
                return i;
            }
        }

        return -1;
    }
}
