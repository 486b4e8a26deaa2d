using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads files: the one that was asked for, and those that others include.</summary>
internal sealed class IncludeReader(Surroundings surroundings, bool followsIncludes)
{
    /// <summary>Deeper than anybody nests; a circle that no name gives away, as one through symbolic links, ends here.</summary>
    private const int MaxDepth = 32;

    private const string Suffix = ".conf";

    private readonly Stack<string> _open = new();

    /// <summary>Reads the file that was asked for.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal ConfigProblem? ReadRoot(string file, ConfigDraft draft, out XmlPosition root)
    {
        root = default;
        surroundings.FilesSeen.Add(file);
        return surroundings.Files.TryRead(file, out byte[]? content, out ConfigFileFailure? failure)
            ? ReadContent(file, content, draft, out root)
            : new ConfigProblem(file, 0, 0, failure.Message);
    }

    /// <summary>Reads an included file.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="ignoreMissing">Whether it need not be there.</param>
    /// <param name="from">The file that includes it.</param>
    /// <param name="position">Where.</param>
    /// <param name="draft">What has been read so far.</param>
    /// <returns>What is wrong, or null.</returns>
    internal ConfigProblem? ReadFile(string file, bool ignoreMissing, string from, XmlPosition position, ConfigDraft draft)
    {
        if (!followsIncludes)
        {
            surroundings.Warn(from, position, $"the file {file} is not looked at");
            return null;
        }

        if (_open.Contains(file) || _open.Count == MaxDepth)
        {
            string message = _open.Contains(file) ? $"the file {file} includes itself" : $"files are included more than {MaxDepth} deep";
            return new ConfigProblem(from, position.Line, position.Column, message);
        }

        if (!surroundings.FilesSeen.Contains(file))
        {
            surroundings.FilesSeen.Add(file);
        }

        if (!surroundings.Files.TryRead(file, out byte[]? content, out ConfigFileFailure? failure))
        {
            return ignoreMissing && failure.IsMissing ? null : new ConfigProblem(from, position.Line, position.Column, $"{file}: {failure.Message}");
        }

        ConfigDraft included = new();
        ConfigProblem? problem = ReadContent(file, content, included, out _);
        if (problem is null)
        {
            draft.Absorb(included);
        }

        return problem;
    }

    /// <summary>Reads each <c>*.conf</c> of a directory, in the order of their names. One that is bad is passed over, as in dbus-daemon.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal ConfigProblem? ReadDirectory(string directory, string from, XmlPosition position, ConfigDraft draft)
    {
        if (!followsIncludes)
        {
            surroundings.Warn(from, position, $"the directory {directory} is not looked at");
            return null;
        }

        if (!surroundings.DirectoriesSeen.Contains(directory))
        {
            surroundings.DirectoriesSeen.Add(directory);
        }

        if (!surroundings.Files.TryList(directory, out IReadOnlyList<string>? names, out ConfigFileFailure? failure))
        {
            return failure.IsMissing ? null : new ConfigProblem(from, position.Line, position.Column, $"{directory}: {failure.Message}");
        }

        string prefix = directory.EndsWith('/') ? directory : $"{directory}/";
        foreach (string name in names.Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (ReadFile(prefix + name, ignoreMissing: true, from, position, draft) is { } problem)
            {
                surroundings.Warnings.Add(problem with { Message = $"{problem.Message}; the file {prefix}{name} is ignored" });
            }
        }

        return null;
    }

    private ConfigProblem? ReadContent(string file, byte[] content, ConfigDraft draft, out XmlPosition root)
    {
        root = default;
        if (!XmlReader.TryRead(content, out XmlElement? element, out XmlProblem? problem))
        {
            return new ConfigProblem(file, problem.Position.Line, problem.Position.Column, problem.Message);
        }

        root = element.Position;
        _open.Push(file);
        ConfigProblem? wrong = new FileReader(surroundings, file, draft, this).Read(element);
        _open.Pop();
        return wrong;
    }
}
