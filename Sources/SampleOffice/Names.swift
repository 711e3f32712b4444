/// Names as they are: with apostrophes, accents, hyphens, and in other scripts.
enum Names {
    static let first = [
        "Aoife", "Arjun", "Chloé", "Daniel", "David", "Elizabeth", "Emma", "Fatima", "George",
        "Grace", "Hannah", "Ifeoma", "Isla", "James", "Jane", "Jürgen", "Kwame", "Łukasz",
        "Margaret",
        "Mohammed", "Niamh", "Oliver", "Owain", "Patrick", "Priya", "Rhys", "Robert", "Sarah",
        "Siân",
        "Sophie", "Susan", "Thomas", "Wei", "William", "Yusuf", "Zoë",
    ]

    static let last = [
        "Adeyemi", "Ahmed", "Begum", "Brown", "Campbell", "Chen", "Clarke", "D'Arcy", "Davies",
        "de la Cruz", "Evans", "Fernández", "Grant", "Green", "Hughes", "Jones", "Khan", "Kowalska",
        "Llewellyn", "MacDonald", "Müller", "Murphy", "Nguyễn", "O'Brien", "O'Neill", "Patel",
        "Roberts", "Robinson", "Singh", "Smith", "Smith-Jones", "Taylor", "Thomas", "van der Berg",
        "Walker", "Williams", "Wilson", "Wood", "Wright", "Young",
    ]

    static let titles = ["Mr", "Mrs", "Ms", "Miss", "Dr", "Mx"]

    private static let trades = [
        "Acme", "Beacon", "Café Royal", "Castle", "City", "Elm Street", "Émile & Sœurs", "Forth",
        "Greenfield", "Harbour", "Harrow", "Highland", "Llandudno", "Meadow", "Northgate",
        "O'Neill", "Orchard", "Phœnix", "Riverside", "Rosebank", "Severn", "St. Mary's",
        "Taylor & Sons",
        "Thistle", "Westfield", "Wren",
    ]

    private static let crafts = [
        "Bakery", "Builders", "Catering", "Consulting", "Dental", "Design", "Electrical",
        "Engineering", "Estates", "Farms", "Florists", "Garages", "Haulage", "Holdings",
        "Interiors",
        "Joinery", "Kitchens", "Motors", "Optical", "Plant Hire", "Plumbing", "Properties",
        "Roofing",
        "Software", "Surveyors", "Trading", "Veterinary", "Windows",
    ]

    /// Names that programs have been seen to spoil.
    private static let remarkable = [
        "株式会社さくら", "Café Royal", "O'Neill Plant & Sons", "Ωmega Software", "Nowy Świat Sp. z o.o.",
        "\"The Crown\" Inn", "50% Off; Everything", "Smith, Jones\\Brown", "Ирина Трейдинг",
        "NULL & Co", "Bäckerei Groß", "🍋 Lemonade Stand",
    ]

    static let towns = [
        ("Aberdeen", "AB"), ("Bath", "BA"), ("Belfast", "BT"), ("Birmingham", "B"),
        ("Bristol", "BS"),
        ("Cardiff", "CF"), ("Edinburgh", "EH"), ("Exeter", "EX"), ("Glasgow", "G"), ("Leeds", "LS"),
        ("Liverpool", "L"), ("London", "SW"), ("Manchester", "M"), ("Newcastle upon Tyne", "NE"),
        ("Norwich", "NR"), ("York", "YO"),
    ]

    static let streets = [
        "High Street", "Church Lane", "Station Road", "Victoria Road", "King's Parade", "Mill Lane",
        "The Green", "St. John's Hill", "Queensway", "Industrial Estate",
    ]

    static func organisation(_ dice: inout Dice, ending: String) -> String {
        if dice.chance(percent: 2) { return dice.pick(remarkable) }
        let name = dice.pick(trades) + " " + dice.pick(crafts)
        return ending.isEmpty ? name : name + " " + ending
    }

    static func phone(_ dice: inout Dice) -> String {
        // Ofcom keeps these numbers for drama: nobody is called by mistake.
        "01632 960" + dice.digits(3)
    }

    static func address(
        _ dice: inout Dice
    ) -> (line1: String, line2: String?, town: String, postcode: String) {
        let town = dice.pick(towns)
        let line = "\(dice.number(1...240)) " + dice.pick(streets)
        let postcode =
            town.1 + "\(dice.number(1...19)) \(dice.below(10))" + dice.pick(["AB", "QX", "ZZ"])
        let floor = dice.chance(percent: 15) ? "Unit \(dice.number(1...40))" : nil
        return (line, floor, town.0, postcode)
    }

    /// A name as the part of an e-mail before the @ sign.
    static func mailbox(_ name: String) -> String {
        let plain: [Character: String] = [
            "é": "e", "ü": "u", "ł": "l", "â": "a", "ë": "e", "á": "a", "ễ": "e", "ö": "o",
        ]
        let letters = name.lowercased().compactMap { character in
            character.isASCII ? (character.isLetter ? String(character) : nil) : plain[character]
        }
        return letters.joined()
    }

    /// Up to three capital letters to begin a code with.
    static func initials(_ name: String) -> String {
        let letters = name.uppercased().filter { $0.isASCII && $0.isLetter }
        return letters.isEmpty ? "XXX" : String(letters.prefix(3))
    }
}
