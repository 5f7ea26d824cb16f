package roll

// The headers that checks name.
const (
	colName     = "姓名"
	colNumber   = "公民身份号码"
	colSex      = "性别"
	colEnlisted = "入伍时间"
	colLeft     = "退役时间"
	colRank     = "军衔"
	colCategory = "人员类别"
	colMode     = "安置方式"
	colPlace    = "安置地"
	colGrade    = "残疾等级"
	colAwards   = "立功受奖"
)

// column is one column of a roll.
type column struct {
	header   string
	aliases  []string
	field    string // data element of the catalogue, whose rules the cell keeps
	required bool   // column and cell
	read     func(*cell)
}

// columns are all columns, as departments head them.
var columns = []*column{
	{header: colName, field: "name", required: true, read: (*cell).name},
	{header: colNumber, aliases: []string{"身份证号", "身份证号码", "公民身份证号码"}, field: "citizenId", required: true, read: (*cell).number},
	{header: colSex, field: "gender", read: func(c *cell) { c.code(&c.sheet.sex) }},
	{header: "民族", field: "ethnicity", read: func(c *cell) { c.code(&c.q.Identity.Ethnicity) }},
	{header: "婚姻状况", field: "maritalStatus", read: func(c *cell) { c.code(&c.q.Identity.Marital) }},
	{header: "政治面貌", field: "politicalStatus", read: func(c *cell) { c.code(&c.sheet.political) }},
	{header: "文化程度", aliases: []string{"学历"}, field: "education", read: func(c *cell) { c.code(&c.sheet.education) }},
	{header: colEnlisted, aliases: []string{"入伍日期"}, field: "enlistDate", required: true, read: func(c *cell) { c.date(&c.sheet.enlisted) }},
	{header: "入伍地", field: "enlistDivision", read: func(c *cell) { c.division(&c.sheet.enlistedAt, true) }},
	{header: colLeft, aliases: []string{"退役日期"}, field: "dischargeDate", required: true, read: func(c *cell) { c.date(&c.sheet.left) }},
	{header: "退役原因", field: "dischargeReason", read: func(c *cell) { c.code(&c.sheet.reason) }},
	{header: colRank, field: "militaryRank", read: func(c *cell) { c.code(&c.sheet.rank) }},
	{header: "授衔时间", read: func(c *cell) { c.date(&c.sheet.rankSince) }},
	{header: "军兵种", field: "serviceBranch", read: func(c *cell) { c.code(&c.sheet.branch) }},
	{header: "部队代号", aliases: []string{"服役部队"}, field: "serviceUnit", read: func(c *cell) { c.text(&c.sheet.unit) }},
	{header: "军事专业", field: "militarySpecialty", read: func(c *cell) { c.text(&c.sheet.specialty) }},
	{header: "参战经历", field: "combatExperience", read: func(c *cell) { c.yes(&c.sheet.combat) }},
	{header: colCategory, field: "personnelCategory", required: true, read: func(c *cell) { c.code(&c.sheet.category) }},
	{header: colMode, field: "settlementMode", required: true, read: func(c *cell) { c.code(&c.sheet.mode) }},
	{header: colPlace, field: "settlementDivision", required: true, read: func(c *cell) { c.division(&c.sheet.place, false) }},
	{header: "易地安置情形", field: "relocationReason", read: func(c *cell) { c.code(&c.sheet.ground) }},
	{header: "退役证件类型", field: "dischargeCertType", read: func(c *cell) { c.code(&c.sheet.certType) }},
	{header: "退役证件号", field: "dischargeCertNo", read: func(c *cell) { c.text(&c.sheet.certNo) }},
	{header: "行政介绍信编号", field: "adminLetterNo", read: func(c *cell) { c.text(&c.sheet.letter) }},
	{header: "服预备役", field: "reserveEligible", read: func(c *cell) { c.yes(&c.sheet.reserve) }},
	{header: colAwards, field: "awards", read: (*cell).awards},
	{header: colGrade, field: "disabilityGrade", read: func(c *cell) { c.code(&c.sheet.grade) }},
	{header: "残疾性质", field: "disabilityNature", read: func(c *cell) { c.code(&c.sheet.nature) }},
	{header: "残疾军人证号", field: "disabilityCertNo", read: func(c *cell) { c.text(&c.sheet.gradeCert) }},
	{header: "评残机关", field: "disabilityAuthority", read: func(c *cell) { c.text(&c.sheet.authority) }},
	{header: "养老凭证号", field: "armyPensionVoucherNo", read: func(c *cell) { c.text(&c.sheet.pension.voucher) }},
	{header: "养老补助月数", field: "armyPensionMonths", read: func(c *cell) { c.months(&c.sheet.pension) }},
	{header: "养老转移金额", field: "armyPensionAmount", read: func(c *cell) { c.money(&c.sheet.pension) }},
	{header: "职业年金金额", field: "annuityAmount", read: func(c *cell) { c.money(&c.sheet.annuity) }},
	{header: "医疗凭证号", field: "armyMedicalVoucherNo", read: func(c *cell) { c.text(&c.sheet.medical.voucher) }},
	{header: "医疗转移金额", field: "armyMedicalAmount", read: func(c *cell) { c.money(&c.sheet.medical) }},
	{header: "手机号码", aliases: []string{"联系电话", "手机号"}, field: "mobile", read: func(c *cell) { c.text(&c.sheet.mobile) }},
	{header: "现住址", field: "currentAddress", read: func(c *cell) { c.text(&c.sheet.address) }},
	{header: "入伍前户籍区划", field: "priorHukouDivision", read: func(c *cell) { c.division(&c.sheet.homeAt, true) }},
	{header: "入伍前户籍地址", field: "priorHukouAddress", read: func(c *cell) { c.text(&c.sheet.home) }},
}

var byHeader = func() map[string]*column {
	m := map[string]*column{}
	for _, c := range columns {
		for _, h := range append([]string{c.header}, c.aliases...) {
			m[h] = c
		}
	}
	return m
}()
