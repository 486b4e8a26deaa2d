using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Startup;

/// <summary>What --help lists, of the broker and of each command, is in xcp-broker(1) and completed by bash.</summary>
public sealed partial class CommandLinePageTests
{
    private static readonly string[] Words = [.. WordsOf([]).Distinct()];

    [Test]
    public void The_help_lists_options_and_commands() =>
        Assert.That(Words, Does.Contain("--config-file").And.Contain("--destination-user").And.Contain("--set-aside").And.Contain("--allow-uid").And.Contain("purge"));

    [Test]
    public void Every_option_and_command_is_in_the_manual_page()
    {
        string page = Packaged("man/xcp-broker.1").Replace(@"\-", "-", StringComparison.Ordinal);

        Assert.That(Words.Where(word => !IsIn(page, word)), Is.Empty);
    }

    [Test]
    public void Every_option_and_command_is_completed()
    {
        string choices = string.Join(' ', Choices().Matches(Packaged("bash-completion/xcp-broker")).Select(match => match.Groups[1].Value));

        Assert.That(Words.Where(word => !IsIn(choices, word)), Is.Empty);
    }

    private static bool IsIn(string text, string word) => Regex.IsMatch(text, $@"(?<![\w-]){Regex.Escape(word)}(?![\w-])");

    /// <summary>Long options and commands, of a command and of those below it.</summary>
    private static IEnumerable<string> WordsOf(string[] command)
    {
        string help = new CommandLine().HelpText(command);
        int commands = help.IndexOf("\nCommands:", StringComparison.Ordinal);
        string[] below = commands < 0 ? [] : [.. CommandLineOfHelp().Matches(help[commands..]).Select(match => match.Groups[1].Value)];
        return [.. LongOption().Matches(help).Select(match => match.Value), .. below, .. below.SelectMany(name => WordsOf([.. command, name]))];
    }

    private static string Packaged(string file) =>
        File.ReadAllText(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../packaging", file)));

    private static string ThisFile([CallerFilePath] string path = "") => path;

    /// <summary>What one command's words are completed to.</summary>
    [GeneratedRegex("choices=\"([^\"]*)\"")]
    private static partial Regex Choices();

    [GeneratedRegex("(?<![a-z-])--[a-z-]+")]
    private static partial Regex LongOption();

    [GeneratedRegex("^  ([a-z]+) ", RegexOptions.Multiline)]
    private static partial Regex CommandLineOfHelp();
}
