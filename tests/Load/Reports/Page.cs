namespace XcpBroker.Load.Reports;

/// <summary>A page of documentation, parts of which are written by a program: between a line that names the part and one that ends it.</summary>
internal sealed class Page(string file)
{
    /// <summary>Puts a text in the place of a part's old one.</summary>
    /// <exception cref="InvalidDataException">The page has no such part.</exception>
    internal void Replace(string part, string text)
    {
        string page = File.ReadAllText(file);
        string begin = $"<!-- load report: {part} -->\n";
        string end = $"<!-- end of {part} -->";
        int start = page.IndexOf(begin, StringComparison.Ordinal);
        int stop = start < 0 ? -1 : page.IndexOf(end, start, StringComparison.Ordinal);
        if (stop < 0)
        {
            throw new InvalidDataException($"{file} has no lines {begin.TrimEnd()} and {end}");
        }

        File.WriteAllText(file, $"{page[..(start + begin.Length)]}{text.TrimEnd('\n')}\n{page[stop..]}");
    }
}
