using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace XcpBroker.Config.Services;

/// <summary>The program that starts a domain, as &lt;domainstarter&gt; names it: a list of arguments, never a shell.</summary>
/// <param name="Arguments">The program, a rooted path, and its arguments; in these %d stands for the domain, %n for the bus name, %% for %.</param>
public sealed record DomainStarter(IReadOnlyList<string> Arguments)
{
    /// <summary>Reads the text of the element, quoted as Exec= is.</summary>
    /// <param name="text">For example <c>/usr/sbin/xl create /etc/xen/%d.cfg</c>.</param>
    /// <param name="starter">What it says.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out DomainStarter? starter, [NotNullWhen(false)] out string? error)
    {
        starter = null;
        if (!CommandLineText.TrySplit(text, out IReadOnlyList<string>? words, out error))
        {
            return false;
        }

        error = Check(words);
        starter = error is null ? new DomainStarter(words) : null;
        return error is null;
    }

    /// <summary>The arguments for one start: each stays one argument, whatever is put into it.</summary>
    /// <param name="domain">A valid <see cref="DomainName"/>.</param>
    /// <param name="name">The bus name that is waited for.</param>
    public IReadOnlyList<string> Fill(string domain, string name) => [.. Arguments.Select((argument, i) => i == 0 ? argument : Fill(argument, domain, name))];

    private static string? Check(IReadOnlyList<string> words)
    {
        if (!words[0].StartsWith('/'))
        {
            return $"the program is \"{words[0]}\"; expected a path from the root, since nothing is searched";
        }

        foreach (string word in words.Skip(1))
        {
            for (int i = word.IndexOf('%', StringComparison.Ordinal); i >= 0; i = word.IndexOf('%', i + 2))
            {
                if (i + 1 == word.Length || word[i + 1] is not ('d' or 'n' or '%'))
                {
                    return $"\"{word}\": expected %d (the domain), %n (the bus name) or %%";
                }

                if (i + 2 >= word.Length)
                {
                    break;
                }
            }
        }

        return null;
    }

    private static string Fill(string argument, string domain, string name)
    {
        StringBuilder filled = new();
        for (int i = 0; i < argument.Length; i++)
        {
            bool isPlaceholder = argument[i] == '%' && i + 1 < argument.Length;
            _ = !isPlaceholder ? filled.Append(argument[i]) : argument[++i] switch
            {
                'd' => filled.Append(domain),
                'n' => filled.Append(name),
                char other => filled.Append(other),
            };
        }

        return filled.ToString();
    }
}
