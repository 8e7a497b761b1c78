//! Whole files, with every quirk that was seen in the wild, and the two real exports.

use super::complaint::What;
use super::draft::{Direction, Draft, Thing};
use super::*;
use lifeboat_commons::Amount;

fn options(mapping: &str) -> Options {
    Options { mapping: Some(Mapping::parse(mapping).unwrap()), ..Options::default() }
}

fn shown(drafts: &[Draft]) -> Vec<String> {
    let one = |draft: &Draft| {
        let way = match draft.direction {
            Direction::Opening => "opening",
            Direction::In => "in",
            Direction::Out => "out",
        };
        let day = draft.day.map(|day| day.to_string()).unwrap_or_default();
        let texts = [&draft.place, &draft.note].map(|text| text.clone().unwrap_or_default());
        format!("{}: {way} {} | {day} | {}", draft.line, draft.quantity(), texts.join(" | "))
    };
    drafts.iter().map(one).collect()
}

fn sums(reading: &Reading) -> Vec<String> {
    let one = |((way, thing), sum): (&(Direction, Thing), &Option<Amount>)| {
        format!("{way:?} {}", draft::quantity(sum.unwrap(), thing))
    };
    reading.plan.totals.iter().map(one).collect()
}

fn complaints(reading: &Reading) -> Vec<(u64, Option<&str>, &What)> {
    let one = |complaint: &'static complaint::Complaint| {
        (complaint.line, complaint.column.as_deref(), &complaint.what)
    };
    Vec::leak(reading.plan.complaints.clone()).iter().map(one).collect()
}

/// A file that lies beside the repository where the project's own tests run; nothing elsewhere.
fn real(name: &str) -> Option<Vec<u8>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/csv").join(name);
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        println!("skipped: {name} is not here");
    }
    bytes
}

/// The sums of the columns of a file, computed in another way than the import does: split at commas, for
/// files without quotes.
fn column_sum(text: &str, wanted: impl Fn(&str) -> bool) -> i64 {
    let mut lines = text.lines();
    let places: Vec<usize> =
        lines.next().unwrap().split(',').enumerate().filter(|(_, h)| wanted(h)).map(|(at, _)| at).collect();
    let cells = lines.flat_map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        places.iter().map(|at| cells[*at].trim().parse::<i64>().unwrap_or(0)).collect::<Vec<_>>()
    });
    cells.sum()
}

#[test]
fn the_real_donations_import_and_their_sums_are_those_of_the_file() {
    let Some(bytes) = real("human-essentials-donations.csv") else { return };
    let reading = read(&bytes, &Options::default()).unwrap();
    assert_eq!(reading.preset, Some("donations"));
    assert_eq!(reading.plan.complaints, []);
    assert_eq!(
        sums(&reading),
        ["In 7 a item", "In 1 b item", "In 2 c item", "In 8 dupe item", "In 3 e item"]
    );
    let text = String::from_utf8(bytes).unwrap();
    let whole: i64 = reading.plan.drafts.iter().map(|draft| draft.amount.millionths()).sum();
    assert_eq!(whole, 1_000_000 * column_sum(&text, |heading| heading == "Quantity of Items"));
    assert_eq!(whole, 1_000_000 * column_sum(&text, |heading| heading.ends_with(" Item")));
    let first = &shown(&reading.plan.drafts)[0];
    let note = "Product Drive; Test Product Drive; It's a fine day for diapers.";
    assert_eq!(*first, format!("2: in 7 a item | 2025-01-01 | Test Storage Location | {note}"));
}

#[test]
fn the_real_inventory_imports_and_its_sum_is_that_of_the_file() {
    let Some(bytes) = real("human-essentials-inventory.csv") else { return };
    let reading = read(&bytes, &Options::default()).unwrap();
    assert_eq!(reading.preset, Some("inventory"));
    assert_eq!((reading.plan.rows, reading.plan.silent, reading.plan.drafts.len()), (35, 1, 34));
    assert_eq!(reading.plan.complaints, []);
    let text = String::from_utf8(bytes).unwrap();
    let whole: i64 = reading.plan.drafts.iter().map(|draft| draft.amount.millionths()).sum();
    assert_eq!(whole, 1_000_000 * column_sum(&text, |heading| heading == "Quantity"));
    assert!(reading.plan.drafts.iter().all(|draft| draft.direction == Direction::Opening));
    assert_eq!(shown(&reading.plan.drafts)[0], "2: opening 500 adult briefs (large/x-large) |  |  | ");
}

#[test]
fn distributions_have_american_dates_and_only_what_went_out_counts() {
    let text = "\u{feff}Partner ,Initial Allocation,Scheduled for,Source Inventory,Total Items,Total Value,Delivery Method,Shipping Cost,Status,Agency Representative,Comments,Reporting Category,Wipes,Bibs,Wipes In-Kind Value\r\n\
        Food Bank,12/30/2024,01/02/2025,Main Store,\"1,280\",$128.00,pick_up,,complete,Ada Moss,\"left at\r\nthe gate\",diapers,\"1,200\",80,12.00\r\n\
        Shelter,01/03/2025,01/09/2025,Main Store,5,$5.00,delivery,$3.00,scheduled,Jo Reed,,diapers,5,0,1.00\r\n\
        Clinic,01/03/2025,01/05/2025,Main Store,7,$5.00,delivery,,complete,Jo Reed,for Jo Reed,diapers,-,7,0\r\n";
    let reading = read(text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(reading.preset, Some("distributions"));
    assert_eq!(reading.plan.complaints, []);
    assert_eq!(reading.dropped, ["Agency Representative"]);
    assert!(reading.left_out.contains(&"Wipes In-Kind Value".to_owned()));
    assert_eq!((reading.plan.not_taken, reading.plan.notes_left_out), (1, 1));
    assert_eq!(
        shown(&reading.plan.drafts),
        [
            "2: out 1200 wipes | 2025-01-02 | Main Store | Food Bank; left at the gate",
            "2: out 80 bibs | 2025-01-02 | Main Store | Food Bank; left at the gate",
            "5: out 7 bibs | 2025-01-05 | Main Store | Clinic",
        ]
    );
}

#[test]
fn open_collective_moves_the_balance_and_names_nobody() {
    let text = "datetime,shortId,description,type,kind,displayAmount,amount,netAmount,balance,currency,accountSlug,accountName,oppositeAccountSlug,oppositeAccountName\n\
        2024-06-06T05:47:17,d3f98b95,Contribution from Martin,CREDIT,CONTRIBUTION,$50.00 USD,50,47.5,88.5,USD,oak,Oak Street,guest-1,Martin\n\
        2024-06-05T05:47:17,e3c0d1f9,Paint for the hall,DEBIT,EXPENSE,-$9.00 USD,-9,-9,41,USD,oak,Oak Street,ada,Ada Moss\n\
        2024-06-01T10:00:00,aaaa0001,Added funds,CREDIT,ADDED_FUNDS,$50.00 USD,50,50,50,USD,oak,Oak Street,x,Xavier\n";
    let reading = read(text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(reading.preset, Some("open-collective"));
    assert_eq!(reading.dropped, ["accountSlug", "accountName", "oppositeAccountSlug", "oppositeAccountName"]);
    assert_eq!(reading.plan.notes_left_out, 1);
    assert_eq!(sums(&reading), ["In 97.50 USD", "Out 9.00 USD"]);
    assert_eq!(
        shown(&reading.plan.drafts),
        [
            "4: in 50.00 USD | 2024-06-01 |  | ADDED_FUNDS; Added funds",
            "3: out 9.00 USD | 2024-06-05 |  | EXPENSE; Paint for the hall",
            "2: in 47.50 USD | 2024-06-06 |  | CONTRIBUTION",
        ]
    );
    let ids: Vec<_> = reading.plan.drafts.iter().filter_map(|draft| draft.id.as_deref()).collect();
    assert_eq!(ids, ["aaaa0001", "e3c0d1f9", "d3f98b95"]);
}

#[test]
fn labels_of_open_collective_are_known_too() {
    let text = "Date & Time,Short Transaction ID,Description,Credit/Debit,Kind,Gross Amount,Amount Single Column,Currency,Account Handle,Opposite Account Name\n\
        2024-06-06T05:47:17,d3f98b95,Stamps,DEBIT,EXPENSE,-7,-7,EUR,oak,Ada Moss\n";
    let reading = read(text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(reading.dropped, ["Account Handle", "Opposite Account Name"]);
    assert_eq!(shown(&reading.plan.drafts), ["2: out 7.00 EUR | 2024-06-06 |  | EXPENSE; Stamps"]);
}

#[test]
fn loans_wait() {
    let text = "Loan ID,Status,Added on,First name,Last name,Email,Item name,Item code,Fee,Due out,Checked out,Due in,Checked in\n\
        7,ON LOAN,2025-01-01,Ada,Moss,a@example.org,Drill,D1,-,-,-,-,-\n";
    assert_eq!(read(text.as_bytes(), &Options::default()).unwrap_err(), Refused::Waits(Waits::Loans));
}

#[test]
fn decimal_commas_and_european_dates_are_seen_where_the_file_leaves_no_doubt() {
    let map = "rows = 'in'\n[columns]\nday = 'Fecha'\namount = 'Cantidad'\nunit = 'Unidad'\nitem = 'Cosa'";
    let text =
        "Fecha;Cosa;Cantidad;Unidad\n31/12/2024;  Arroz   Blanco ;1.280,8;KG\n3/1/2025;aceite;2.500;l\n";
    let reading = read(text.as_bytes(), &options(map)).unwrap();
    assert_eq!(sums(&reading), ["In 2500 l aceite", "In 1280.8 kg arroz blanco"]);
    assert_eq!(shown(&reading.plan.drafts)[1], "3: in 2500 l aceite | 2025-01-03 |  | ");
}

#[test]
fn what_could_be_read_in_two_ways_is_asked_and_not_guessed() {
    let map = "rows = 'in'\n[columns]\nday = 'day'\namount = 'amount'\nitem = 'item'";
    let dates = b"day,item,amount\n03/03/2025,rice,1\n03/04/2025,rice,1\n";
    let doubt = Doubt::Date { line: 3, cell: "03/04/2025".into() };
    assert_eq!(read(dates, &options(map)).unwrap_err(), Refused::Doubt(doubt));
    let said = Options { dates: Some(date::Order::Dmy), ..options(map) };
    assert_eq!(shown(&read(dates, &said).unwrap().plan.drafts)[1], "3: in 1 rice | 2025-04-03 |  | ");
    let mixed = b"day,item,amount\n31/12/2025,rice,1\n12/31/2025,rice,1\n";
    assert_eq!(read(mixed, &options(map)).unwrap_err(), Refused::Doubt(Doubt::MixedDates));

    let numbers = b"day,item,amount\n2025-01-01,rice,\"1,280\"\n";
    let doubt = Doubt::Number { line: 2, cell: "1,280".into() };
    assert_eq!(read(numbers, &options(map)).unwrap_err(), Refused::Doubt(doubt));
    for (sign, sum) in [(number::Sign::Point, "In 1280 rice"), (number::Sign::Comma, "In 1.28 rice")] {
        let said = Options { decimal: Some(sign), ..options(map) };
        assert_eq!(sums(&read(numbers, &said).unwrap()), [sum]);
    }
    let mixed = b"day,item,amount\n2025-01-01,rice,2.5\n2025-01-01,rice,\"2,5\"\n";
    assert_eq!(read(mixed, &options(map)).unwrap_err(), Refused::Doubt(Doubt::MixedNumbers));
}

#[test]
fn every_bad_cell_is_told_with_its_line_and_column() {
    let map = "rows = 'by-column'\ndates = 'dmy'\ndecimal = 'point'\n[columns]\nday = 'Day'\namount = 'Amount'\nitem = 'Item'\n\
        currency = 'Currency'\nunit = 'Unit'\n[direction]\ncolumn = 'Way'\nin = ['in']\nout = ['out']";
    let long = "x".repeat(65);
    let text = format!(
        "Day,Way,Amount,Unit,Item,Currency\n\
         1/2/2025,in,ten,,rice,\n32/1/2025,in,1,,rice,\n1/2/25,in,1,,rice,\nsoon,in,1,,rice,\n1/2/2027,in,1,,rice,\n\
         1/2/2025,in,1,,,\n1/2/2025,in,1,,rice,EUR\n1/2/2025,in,1,,{long},\n1/2/2025,in,1,two words,rice,\n\
         1/2/2025,in,1,,,euro!\n1/2/2025,up,1,,rice,\n1/2/2025,in,-1,,rice,\n1/2/2025,in,0.1234567,,rice,\n\
         1/2/2025,in,99999999999999,,rice,\n1/2/2025,in,€5,,,USD\n1/2/2025,in\n1/2/2025,out,5,,,eur\n"
    );
    let today = Day::from_date(2026, 11, 23);
    let reading = read(text.as_bytes(), &Options { today, ..options(map) }).unwrap();
    let found = complaints(&reading);
    let words = |text: &str| text.to_owned();
    let expected = [
        (2, Some("Amount"), What::NotANumber(words("ten"))),
        (3, Some("Day"), What::NoSuchDay(words("32/1/2025"))),
        (4, Some("Day"), What::ShortYear(words("1/2/25"))),
        (5, Some("Day"), What::NotADay(words("soon"))),
        (6, Some("Day"), What::DayToCome(words("1/2/2027"))),
        (7, Some("Amount"), What::NoThing),
        (8, Some("Item"), What::TwoThings),
        (9, Some("Item"), What::LongName(long.clone())),
        (10, Some("Unit"), What::BadUnit(words("two words"))),
        (11, Some("Currency"), What::BadCurrency(words("euro!"))),
        (12, Some("Way"), What::NoDirection(words("up"))),
        (13, Some("Amount"), What::Negative(words("-1"))),
        (14, Some("Amount"), What::TooFine(words("0.1234567"))),
        (15, Some("Amount"), What::TooLarge(words("99999999999999"))),
        (16, Some("Amount"), What::OtherCurrency(words("€5"))),
        (17, None, What::Ragged { found: 2, expected: 6 }),
    ];
    let expected: Vec<_> = expected.iter().map(|(line, column, what)| (*line, *column, what)).collect();
    assert_eq!(found, expected);
    assert_eq!(reading.plan.bad_rows(), 16);
    assert_eq!(shown(&reading.plan.drafts), ["18: out 5.00 EUR | 2025-02-01 |  | "]);
    let sentences: Vec<String> = reading.plan.complaints.iter().map(complaint::Complaint::text).collect();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn a_row_whose_things_do_not_add_up_is_bad_as_a_whole() {
    let text = "Source,Date,Details,Storage Location,Quantity of Items,Variety of Items,In-Kind Total,Comments,A,B\n\
        Drive,2025-01-01,x,Store,10,2,1.0,,7,2\nDrive,2025-01-01,x,Store,9,2,1.0,,7,2\n";
    let reading = read(text.as_bytes(), &Options::default()).unwrap();
    let what = What::OtherSum { says: "10".into(), adds_up_to: "9".into() };
    assert_eq!(complaints(&reading), [(2, Some("Quantity of Items"), &what)]);
    assert_eq!(reading.plan.drafts.len(), 2);
}

#[test]
fn things_can_be_renamed_and_put_together() {
    let map = "rows = 'opening'\n[columns]\namount = 'n'\nitem = 'what'\n[rename]\n'Kids  (Size 1)' = 'Nappies 1'\n'small nappies' = 'nappies 1'";
    let text = "n,what\n5,KIDS (size 1)\n6,Small nappies\n0,x\n,y\n";
    let reading = read(text.as_bytes(), &options(map)).unwrap();
    assert_eq!(sums(&reading), ["Opening 11 nappies 1"]);
    assert_eq!(reading.plan.silent, 2);
}

#[test]
fn notes_can_be_left_out_and_repeated_parts_stand_once() {
    let map = "rows = 'in'\n[columns]\namount = 'n'\nitem = 'what'\nnotes = ['a', 'b']";
    let text = b"n,what,a,b,Street\n5,rice,same,same,Elm Road\n5,rice,by elm road,other,Elm Road\n";
    let reading = read(text, &options(map)).unwrap();
    assert_eq!(reading.dropped, ["Street"]);
    let notes: Vec<_> = reading.plan.drafts.iter().map(|draft| draft.note.as_deref()).collect();
    assert_eq!(notes, [Some("same"), Some("other")]);
    let reading = read(text, &Options { no_notes: true, ..options(map) }).unwrap();
    assert!(reading.plan.drafts.iter().all(|draft| draft.note.is_none()));
    assert_eq!(reading.notes, [""; 0]);
}

#[test]
fn headings_that_nobody_knows_are_told() {
    let refused = read(b"Apples,Pears\n1,2\n", &Options::default()).unwrap_err();
    assert_eq!(refused, Refused::Unknown(vec!["Apples".into(), "Pears".into()]));
    let named = Options { preset: Some("nonsense".into()), ..Options::default() };
    assert_eq!(read(b"a\n1\n", &named).unwrap_err(), Refused::NoSuchPreset("nonsense".into()));
}

proptest::proptest! {
    #[test]
    fn any_table_is_read_or_refused(text in "[0-9a-c,;\"\n/. €-]{0,120}") {
        let map = "rows = 'by-sign'\n[columns]\nday = 'd'\namount = 'n'\nitem = 'i'";
        let _ = read(format!("d,n,i\n{text}").as_bytes(), &options(map));
    }

    #[test]
    fn sums_are_those_of_the_rows(rows in proptest::collection::vec((0..3_u8, 0..10_000_i64), 0..40)) {
        use std::fmt::Write;
        let mut text = "amount,item\n".to_owned();
        let mut expected = [0; 3];
        for (item, amount) in &rows {
            writeln!(text, "{amount},{}", ["rice", " Rice", "beans"][usize::from(*item)]).unwrap();
            expected[usize::from(*item)] += amount;
        }
        let map = "rows = 'in'\ndecimal = 'point'\n[columns]\namount = 'amount'\nitem = 'item'";
        let reading = read(text.as_bytes(), &options(map)).unwrap();
        let sum = |name: &str| {
            let thing = Thing::Goods { item: name.into(), unit: String::new() };
            let sum = reading.plan.totals.get(&(Direction::In, thing)).copied().flatten();
            sum.unwrap_or_default().millionths() / 1_000_000
        };
        proptest::prop_assert_eq!(sum("rice"), expected[0] + expected[1]);
        proptest::prop_assert_eq!(sum("beans"), expected[2]);
    }
}
